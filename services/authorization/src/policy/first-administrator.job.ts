import { Clock } from '@crossroads/configuration';
import { PostgresEventStore, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { MAX_REGISTERED_DAYS } from '@crossroads/topology';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { FirstAdministratorSettings } from './first-administrator.settings.js';
import { LivePolicy } from './live-policy.js';
import { appendOf } from './policy.codec.js';

const DAY_MS = 86_400_000;

/** Registers the administrator of `BOOTSTRAP_ADMINISTRATOR` while the policy is empty, before the first call is served. */
@Injectable()
export class FirstAdministratorJob implements OnApplicationBootstrap {
  constructor(
    private readonly settings: FirstAdministratorSettings,
    private readonly store: PostgresEventStore,
    private readonly live: LivePolicy,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const first = this.settings.BOOTSTRAP_ADMINISTRATOR;
    if (first === undefined || this.live.revision > 0n) return;
    const { institution } = first;
    const notAfter = new Date(this.clock.now().getTime() + MAX_REGISTERED_DAYS * DAY_MS).toISOString();
    const application = { ...first.application, notAfter };
    try {
      await this.store.append([
        appendOf(
          [
            { type: 'InstitutionRegistered', data: { institution } },
            { type: 'ApplicationRegistered', data: { application } },
          ],
          0n,
        ),
      ]);
    } catch (error) {
      // Another process of this service registered it at the same time.
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    await this.live.refresh();
  }
}
