import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';

await runService('authorization', async () =>
  NestFactory.createApplicationContext(AppModule.with(readConfig()), { abortOnError: false, logger: ['error'] }),
);
