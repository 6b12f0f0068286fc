import { Database } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

interface Lag {
  readonly subscriber: string;
  readonly messages: number;
  readonly seconds: number | null;
}

const LAG = {
  name: 'delivery-lag',
  text: `
    select l.institution as subscriber, sum(l.last_sequence - l.relayed_sequence)::float8 as messages,
           max(extract(epoch from clock_timestamp() - d.created_at))::float8 as seconds
      from subscription_lanes l join subscriptions s using (subscription_id)
      left join deliveries d on l.relayed_sequence < l.last_sequence and d.subscription_id = l.subscription_id
       and d.lane = l.lane and d.sequence = l.relayed_sequence + 1
     where s.state = 'open' or (s.state = 'closed' and l.relayed_sequence < l.last_sequence)
     group by l.institution`,
};

/** Metrics of what is not yet on the topic of each subscriber. What a subscriber has paused itself does not count. */
@Injectable()
export class DeliveryLagJob implements OnModuleInit, OnModuleDestroy {
  private stops: readonly (() => void)[] = [];

  constructor(private readonly db: Database) {}

  onModuleInit(): void {
    const lags = sharedFor(1_000, () => this.db.query<Lag>(LAG));
    this.stops = [
      observe('crossroads.delivery_lag.messages', async () =>
        (await lags()).map(({ subscriber, messages }) => ({ value: messages, of: { subscriber } })),
      ),
      observe('crossroads.delivery_lag.seconds', async () =>
        (await lags()).map(({ subscriber, seconds }) => ({ value: Math.max(0, seconds ?? 0), of: { subscriber } })),
      ),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }
}
