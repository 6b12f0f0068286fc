import { Database } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

interface Lag {
  readonly provider: string;
  readonly messages: number;
  readonly seconds: number | null;
}

const LAG = {
  name: 'provider-event-lag',
  text: `
    select s.provider, (s.last_sequence - s.relayed_sequence)::float8 as messages,
           extract(epoch from clock_timestamp() - e.at)::float8 as seconds
      from provider_sequences s
      left join provider_events e on e.provider = s.provider and e.sequence = s.relayed_sequence + 1`,
};

/** Metrics of what is not yet on the topic of each provider. */
@Injectable()
export class EventLagJob implements OnModuleInit, OnModuleDestroy {
  private stops: readonly (() => void)[] = [];

  constructor(private readonly db: Database) {}

  onModuleInit(): void {
    const lags = sharedFor(1_000, () => this.db.query<Lag>(LAG));
    this.stops = [
      observe('crossroads.provider_event_lag.messages', async () =>
        (await lags()).map(({ provider, messages }) => ({ value: messages, of: { provider } })),
      ),
      observe('crossroads.provider_event_lag.seconds', async () =>
        (await lags()).map(({ provider, seconds }) => ({ value: Math.max(0, seconds ?? 0), of: { provider } })),
      ),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }
}
