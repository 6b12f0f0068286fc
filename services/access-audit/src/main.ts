import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { databaseSchemas } from './schemas.js';

await runService('access-audit', {
  schemas: databaseSchemas,
  start: () => NestFactory.createApplicationContext(AppModule, { abortOnError: false, logger: ['error', 'fatal'] }),
});
