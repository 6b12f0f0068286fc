import 'reflect-metadata';
import { runService } from '@crossroads/grpc';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { databaseSchemas } from './schemas.js';

await runService('person-registry', {
  schemas: databaseSchemas,
  start: () => NestFactory.createApplicationContext(AppModule, { abortOnError: false, logger: ['error', 'warn'] }),
});
