import { HealthSettings, ReadinessChecks } from '@crossroads/configuration';
import { Module } from '@nestjs/common';
import { HealthTransport } from './health.transport.js';

/** For a process that serves no rpc, and to which nobody connects but a kubelet that asks for its health. */
@Module({
  providers: [
    {
      provide: HealthTransport,
      inject: [HealthSettings, ReadinessChecks],
      useFactory: ({ HEALTH_HOST: host, HEALTH_PORT: port }: HealthSettings, checks: ReadinessChecks) =>
        new HealthTransport(host, port, () => checks.all()),
    },
  ],
  exports: [HealthTransport],
})
export class HealthModule {}
