import { HealthSettings, ReadinessChecks } from '@crossroads/configuration';
import { Global, Module } from '@nestjs/common';
import { GrpcClients } from './clients.module.js';
import { HealthTransport } from './health.transport.js';

/** For a process that serves no rpc: the health that a kubelet asks for, and clients of services that it calls. */
@Global()
@Module({
  providers: [
    GrpcClients,
    {
      provide: HealthTransport,
      inject: [HealthSettings, ReadinessChecks],
      useFactory: ({ HEALTH_HOST: host, HEALTH_PORT: port }: HealthSettings, checks: ReadinessChecks) =>
        new HealthTransport(host, port, () => checks.all()),
    },
  ],
  exports: [HealthTransport, GrpcClients],
})
export class HealthModule {}
