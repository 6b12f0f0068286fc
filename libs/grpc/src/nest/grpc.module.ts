import { GrpcSettings, ReadinessChecks, MeshSettings, ServiceIdentity } from '@crossroads/configuration';
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
          inject: [GrpcSettings, MeshSettings, ServiceIdentity, ReadinessChecks, RegisteredKeys],
          useFactory: (
            grpc: GrpcSettings,
            mesh: MeshSettings,
            service: ServiceIdentity,
            checks: ReadinessChecks,
            keys: RegisteredKeys,
          ) =>
            new GrpcTransport(() => ({
              ...optionsOf(grpc, mesh),
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

const optionsOf = (grpc: GrpcSettings, mesh: MeshSettings): Omit<TransportOptions, 'domain'> => ({
  host: grpc.GRPC_HOST,
  port: grpc.GRPC_PORT,
  healthPort: grpc.HEALTH_PORT,
  maxConnectionAgeMs: grpc.MAX_CONNECTION_AGE_MS,
  drainMs: grpc.DRAIN_MS,
  trustDomain: mesh.CROSSROADS_TRUST_DOMAIN,
  tls: { ca: mesh.TLS_CA_FILE, cert: mesh.TLS_CERT_FILE, key: mesh.TLS_KEY_FILE },
  limits: {
    callsPerSecond: grpc.LIMIT_CALLS_PER_SECOND,
    concurrentCalls: grpc.LIMIT_CONCURRENT_CALLS,
    callsInFlight: grpc.LIMIT_CALLS_IN_FLIGHT,
    batchCalls: grpc.LIMIT_BATCH_CALLS,
    bulkCalls: grpc.LIMIT_BULK_CALLS,
    maxMessageBytes: grpc.LIMIT_MESSAGE_BYTES,
  },
});
