import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { appModule } from './app.module.js';
import { readConfig } from './config.js';

await runService('authorization', async () =>
  NestFactory.createApplicationContext(appModule(readConfig()), { abortOnError: false, logger: ['error'] }),
);
