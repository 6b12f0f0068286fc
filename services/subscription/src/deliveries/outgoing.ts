import { randomUUID } from 'node:crypto';
import type { Database, Tx } from '@crossroads/database';

/** A numbered delivery that is to be put on the topic; without a person it is a closing notice. */
export interface Pending {
  readonly subscription_id: string;
  readonly sequence: bigint;
  readonly person_id: string | null;
  readonly body: string;
  readonly created_at: Date;
  readonly traceparent: string | null;
}

interface ClaimedSubscription {
  readonly subscription_id: string;
  readonly institution: string;
  readonly inscription_context: string;
  readonly data_service: string;
  readonly legal_context: string;
  readonly last_sequence: bigint;
  readonly relayed_sequence: bigint;
  readonly relaying_sequence: bigint;
  /** Up to here it is claimed. */
  readonly upTo: bigint;
}

export interface Claim {
  readonly subscriptions: readonly ClaimedSubscription[];
  readonly pending: readonly Pending[];
}

const BATCH = 500;

/**
 * What is on its way to one institution's topic. `relaying_sequence` is written before anything is sent: up to there a
 * delivery may be on the topic, whatever became of who sent it, so that its number can never be given another content.
 */
export class Outgoing {
  /** Of this process and start: who has lost the lock without knowing can no longer write. */
  private readonly relay = randomUUID();

  constructor(private readonly db: Database) {}

  /** What an earlier attempt may have sent comes first and alone: as long as the broker is away, no more is claimed. */
  async claim(institution: string): Promise<Claim> {
    return this.db.transaction(async (tx) => {
      const rows = await tx.query<Omit<ClaimedSubscription, 'upTo'>>(
        `select subscription_id, institution, inscription_context, data_service, legal_context, last_sequence,
           relayed_sequence, relaying_sequence
         from subscriptions where institution = $1 and state <> 'paused' and relayed_sequence < last_sequence
         order by subscription_id for update`,
        [institution],
      );
      if (rows.length === 0) return { subscriptions: [], pending: [] };
      // Each gets its share, so that a busy subscription does not keep the others waiting.
      const share = BigInt(Math.max(1, Math.floor(BATCH / rows.length)));
      const subscriptions = rows.map((row) => ({ ...row, upTo: upTo(row, share) }));
      const ids = subscriptions.map(({ subscription_id }) => subscription_id);
      const reached = subscriptions.map((one) => one.upTo);
      const pending = await tx.query<Pending>(
        `select d.subscription_id, d.sequence, d.person_id, d.body, d.created_at, d.traceparent
         from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as n (subscription_id, after, up_to)
         join deliveries d on d.subscription_id = n.subscription_id and d.sequence > n.after and d.sequence <= n.up_to
         order by d.subscription_id, d.sequence`,
        [ids, subscriptions.map(({ relayed_sequence }) => relayed_sequence), reached],
      );
      await tx.query(
        `update subscriptions s set relaying_sequence = n.up_to, relay = $3
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to) where s.subscription_id = n.subscription_id`,
        [ids, reached, this.relay],
      );
      return { subscriptions, pending };
    });
  }

  /** Nothing of it was sent now: what was not sent before either may still be withheld. */
  async takeBack({ subscriptions }: Claim): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lock(tx, subscriptions);
      await tx.query(
        `update subscriptions s set relaying_sequence = n.before
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, before)
         where s.subscription_id = n.subscription_id and s.relay = $3`,
        [
          subscriptions.map(({ subscription_id }) => subscription_id),
          subscriptions.map(({ relaying_sequence }) => relaying_sequence),
          this.relay,
        ],
      );
    });
  }

  /** It is on the topic. The bodies are not needed any more. */
  async sent({ subscriptions }: Claim): Promise<void> {
    const ids = subscriptions.map(({ subscription_id }) => subscription_id);
    const reached = subscriptions.map((one) => one.upTo);
    await this.db.transaction(async (tx) => {
      await lock(tx, subscriptions);
      const mine = await tx.query<{ subscription_id: string; relayed_sequence: bigint }>(
        `update subscriptions s set relayed_sequence = n.up_to
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to)
         where s.subscription_id = n.subscription_id and s.relay = $3
         returning s.subscription_id, s.relayed_sequence`,
        [ids, reached, this.relay],
      );
      await tx.query(
        `update deliveries d set body = null
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to)
         where d.subscription_id = n.subscription_id and d.sequence <= n.up_to and d.body is not null`,
        [mine.map(({ subscription_id }) => subscription_id), mine.map(({ relayed_sequence }) => relayed_sequence)],
      );
    });
  }
}

const upTo = (
  row: Pick<ClaimedSubscription, 'last_sequence' | 'relayed_sequence' | 'relaying_sequence'>,
  share: bigint,
): bigint => {
  if (row.relaying_sequence > row.relayed_sequence) return row.relaying_sequence;
  const next = row.relayed_sequence + share;
  return next < row.last_sequence ? next : row.last_sequence;
};

/** In the order in which everybody locks them: otherwise two could wait for each other. */
const lock = async (tx: Tx, subscriptions: readonly ClaimedSubscription[]): Promise<void> => {
  await tx.query(
    `select from subscriptions where subscription_id = any($1::uuid[]) order by subscription_id for update`,
    [subscriptions.map(({ subscription_id }) => subscription_id)],
  );
};
