import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { appModule } from './app.module.js';
import { readConfig } from './config.js';
import { databaseSchemas } from './schemas.js';

await runService('authorization', {
  schemas: databaseSchemas,
  start: async () =>
    NestFactory.createApplicationContext(appModule(readConfig()), { abortOnError: false, logger: ['error'] }),
});
