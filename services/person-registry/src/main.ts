import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

await runService('person-registry', () =>
  NestFactory.createApplicationContext(AppModule, { abortOnError: false, logger: ['error', 'warn'] }),
);
