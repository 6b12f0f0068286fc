import {
  GrpcSettings,
  InstitutionSettings,
  ReadinessChecks,
  MeshSettings,
  ServiceIdentity,
} from '@crossroads/configuration';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { ReasonCodes } from '../errors/status.js';
import { RegisteredKeys } from '../identity/registered-keys.js';
import { GrpcClients } from './clients.module.js';
import { CallerGuard } from './caller.guard.js';
import { GrpcExceptionFilter } from './grpc-exception.filter.js';
import { GrpcTransport, type TransportOptions } from './grpc.transport.js';
import { RequestValidation } from './request-validation.js';

/** Serves all `@GrpcController` classes: checks callers, maps errors to a status with details, and serves health. */
@Global()
@Module({})
export class GrpcModule {
  static forRoot({ reasonCodes = {} }: { readonly reasonCodes?: ReasonCodes } = {}): DynamicModule {
    return {
      module: GrpcModule,
      providers: [
        GrpcClients,
        RegisteredKeys,
        RequestValidation,
        { provide: APP_GUARD, useClass: CallerGuard },
        { provide: APP_FILTER, useClass: GrpcExceptionFilter },
        {
          provide: GrpcTransport,
          inject: [GrpcSettings, InstitutionSettings, MeshSettings, ServiceIdentity, ReadinessChecks, RegisteredKeys],
          useFactory: (
            grpc: GrpcSettings,
            institutions: InstitutionSettings,
            mesh: MeshSettings,
            service: ServiceIdentity,
            checks: ReadinessChecks,
            keys: RegisteredKeys,
          ) =>
            new GrpcTransport(() => ({
              ...optionsOf(grpc, institutions, mesh),
              domain: `${service.name}.crossroads`,
              reasonCodes,
              readiness: checks.all(),
              refusalOf: (caller) => keys.refusalOf(caller),
            })),
        },
      ],
      exports: [GrpcTransport, GrpcClients, RegisteredKeys, RequestValidation],
    };
  }
}

const optionsOf = (
  grpc: GrpcSettings,
  institutions: InstitutionSettings,
  mesh: MeshSettings,
): Omit<TransportOptions, 'domain'> => ({
  host: grpc.GRPC_HOST,
  port: grpc.MESH_PORT,
  institutions: { port: institutions.INSTITUTIONS_PORT, ca: institutions.INSTITUTIONS_CA_FILE },
  healthPort: grpc.HEALTH_PORT,
  maxConnectionAgeMs: grpc.MAX_CONNECTION_AGE_MS,
  drainMs: grpc.DRAIN_MS,
  ...mesh.connection,
  limits: {
    callsPerSecond: grpc.LIMIT_CALLS_PER_SECOND,
    concurrentCalls: grpc.LIMIT_CONCURRENT_CALLS,
    callsInFlight: grpc.LIMIT_CALLS_IN_FLIGHT,
    batchCalls: grpc.LIMIT_BATCH_CALLS,
    bulkCalls: grpc.LIMIT_BULK_CALLS,
    maxMessageBytes: grpc.LIMIT_MESSAGE_BYTES,
  },
});
