import type { INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { GrpcTransport } from './grpc.transport.js';
import { nestLogger } from './nest-logger.js';

/** Creates an application that imports `GrpcModule`, with all its providers, and starts nothing of it. */
export const createApplication = (module: Type): Promise<INestMicroservice> =>
  NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
    inject: [GrpcTransport],
    useFactory: (strategy: GrpcTransport) => ({ strategy }),
    abortOnError: false,
    logger: nestLogger,
  });

/** Starts an application that imports `GrpcModule`. Resolves when it listens. */
export const startApplication = async (module: Type): Promise<INestMicroservice> => {
  const application = await createApplication(module);
  await application.listen();
  return application;
};
