import type { INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { GrpcTransport } from './grpc.transport.js';
import { nestLogger } from './nest-logger.js';

/** Starts an application that imports `GrpcModule`. Resolves when it listens. */
export const startApplication = async (module: Type): Promise<INestMicroservice> => {
  const application = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
    inject: [GrpcTransport],
    useFactory: (strategy: GrpcTransport) => ({ strategy }),
    abortOnError: false,
    logger: nestLogger,
  });
  await application.listen();
  return application;
};
