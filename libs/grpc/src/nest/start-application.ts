import type { INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions, CustomTransportStrategy } from '@nestjs/microservices';
import { GrpcTransport } from './grpc.transport.js';
import { nestLogger } from './nest-logger.js';

/** Creates an application that imports the module of the transport, with all its providers, and starts nothing of it. */
export const createApplication = (
  module: Type,
  transport: Type<CustomTransportStrategy> = GrpcTransport,
): Promise<INestMicroservice> =>
  NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
    inject: [transport],
    useFactory: (strategy: CustomTransportStrategy) => ({ strategy }),
    abortOnError: false,
    logger: nestLogger,
  });

/** Starts an application that imports the module of the transport. Resolves when it listens. */
export const startApplication = async (
  module: Type,
  transport?: Type<CustomTransportStrategy>,
): Promise<INestMicroservice> => {
  const application = await createApplication(module, transport);
  await application.listen();
  return application;
};
