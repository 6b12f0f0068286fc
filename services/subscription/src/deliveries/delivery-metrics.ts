import type { Database } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';

interface Lag {
  readonly subscriber: string;
  readonly messages: number;
  readonly seconds: number | null;
}

const LAG = {
  name: 'delivery-lag',
  text: `
    select s.institution as subscriber, sum(s.last_sequence - s.relayed_sequence)::float8 as messages,
           max(extract(epoch from clock_timestamp() - d.created_at))::float8 as seconds
      from subscriptions s
      left join deliveries d on d.subscription_id = s.subscription_id and d.sequence = s.relayed_sequence + 1
     where s.state = 'open' or (s.state = 'closed' and s.relayed_sequence < s.last_sequence)
     group by s.institution`,
};

/**
 * How far the mesh is behind for each subscriber: what is numbered, and not on its topic. What a subscriber paused itself
 * does not count. Gives what ends it.
 */
export const observeDeliveries = (db: Pick<Database, 'query'>): (() => void) => {
  const lags = sharedFor(1_000, () => db.query<Lag>(LAG));
  const endings = [
    observe('crossroads.delivery_lag.messages', async () =>
      (await lags()).map(({ subscriber, messages }) => ({ value: messages, of: { subscriber } })),
    ),
    observe('crossroads.delivery_lag.seconds', async () =>
      (await lags()).map(({ subscriber, seconds }) => ({ value: Math.max(0, seconds ?? 0), of: { subscriber } })),
    ),
  ];
  return () => {
    for (const end of endings) end();
  };
};
