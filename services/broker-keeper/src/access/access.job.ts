import { BrokerSettings, MeshSettings, ReadinessChecks, ServiceIdentity } from '@crossroads/configuration';
import { AccessKeeping, openAdministration } from '@crossroads/messaging';
import { PolicyFollower } from '@crossroads/policy';
import { AccessSettings } from './access.settings.js';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

/** Keeps the broker equal to the policy for as long as the process runs. Ready once it is equal. */
@Injectable()
export class AccessJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly keeping: AccessKeeping;

  constructor(
    { name: clientId }: ServiceIdentity,
    { KAFKA_BROKERS: kafkaBrokers, EMBEDDED_LOG_URL: embeddedLogUrl }: BrokerSettings,
    { connection: { tls } }: MeshSettings,
    { ACCESS_CHECK_MS: everyMs }: AccessSettings,
    policy: PolicyFollower,
    readiness: ReadinessChecks,
  ) {
    const open = () => openAdministration({ clientId, kafkaBrokers, embeddedLogUrl, tls });
    this.keeping = new AccessKeeping(policy, open, everyMs);
    readiness.add('access', () => this.keeping.isEqual());
  }

  onApplicationBootstrap(): void {
    this.keeping.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.keeping.stop();
  }
}
