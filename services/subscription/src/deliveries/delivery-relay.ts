import type { Database, SessionLock } from '@crossroads/eventsourcing';
import { dayOf } from '@crossroads/identifiers';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import type { Policy } from '@crossroads/policy';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import type { Closing } from './closing.js';
import { forgottenBytes } from './delivery-message.js';
import { deliveryPlace } from './numbering.js';
import { deliveriesTopic, pseudonymOf } from './pseudonym.js';
import { grantState, type SubscribedTo } from './selection.js';

export interface DeliveryRelayOptions {
  readonly db: Database;
  readonly broker: Broker;
  readonly sealer: SubjectSealer;
  readonly closing: Closing;
  /** Throws while the policy is stale: then nothing leaves. */
  readonly policy: () => Policy;
  readonly pseudonyms: Buffer;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}

const SCAN_MS = 100;
const GRANTS_MS = 30_000;
const BATCH = 500;
/** When the broker is away longer, the batch is decided anew before it is tried again. */
const PUBLISH_MS = 2_000;
const SOURCE = 'urn:crossroads:service:subscription';
const SERVICE = 'crossroads.subscription.v1';

interface PendingRow {
  readonly subscription_id: string;
  readonly sequence: bigint;
  readonly person_id: string | null;
  readonly body: string;
  readonly created_at: Date;
  readonly relaying_sequence: bigint;
}

interface SubscriptionRow {
  readonly subscription_id: string;
  readonly institution: string;
  readonly inscription_context: string;
  readonly data_service: string;
  readonly legal_context: string;
}

/**
 * Puts deliveries on their subscribers' topics: one relay a subscriber wherever it runs (an advisory lock), each
 * subscription in the order of its numbers. Before each batch the grants are looked at again; without one a subscription
 * is closed here, where nothing of it can be on its way.
 */
export class DeliveryRelay {
  private readonly locks = new Map<string, SessionLock>();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly ungranted = new Set<string>();
  private stopped = false;
  private wake: () => void = () => undefined;
  private grantsLookedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;

  constructor(private readonly options: DeliveryRelayOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** There is something to relay. */
  nudge(): void {
    this.wake();
  }

  /** The policy has changed: grants are looked at before the next batch, and now where there is none. */
  policyChanged(): void {
    this.grantsLookedAt = Number.NEGATIVE_INFINITY;
    this.wake();
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
    await Promise.allSettled(this.busy.values());
    await Promise.allSettled([...this.locks.values()].map((lock) => lock.release()));
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        await this.lookAtGrants();
        for (const institution of await this.withWork()) this.begin(institution);
      } catch (error) {
        this.options.onError(error);
      }
      let timer: NodeJS.Timeout | undefined;
      const later = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, SCAN_MS);
      });
      await Promise.race([woken, later]).finally(() => clearTimeout(timer));
    }
  }

  private async withWork(): Promise<Set<string>> {
    const rows = await this.options.db.query<{ institution: string }>({
      name: 'deliveries-to-relay',
      text: `select distinct institution from subscriptions where relayed_sequence < last_sequence and state <> 'paused'`,
    });
    return new Set([...rows.map(({ institution }) => institution), ...this.ungranted]);
  }

  private async lookAtGrants(): Promise<void> {
    const at = performance.now();
    if (at - this.grantsLookedAt < GRANTS_MS) return;
    const policy = this.options.policy();
    const rows = await this.options.db.query<SubscriptionRow>(
      `select subscription_id, institution, inscription_context, data_service, legal_context from subscriptions
       where state <> 'closed'`,
    );
    const day = dayOf(this.options.now());
    for (const row of rows) if (!grantState(policy, toSubscribed(row), day).granted) this.ungranted.add(row.institution);
    this.grantsLookedAt = at;
  }

  private begin(institution: string): void {
    if (this.busy.has(institution)) return;
    const work = this.relay(institution)
      .catch(this.options.onError)
      .finally(() => this.busy.delete(institution));
    this.busy.set(institution, work);
  }

  private async relay(institution: string): Promise<void> {
    if (!(await this.hold(institution))) return;
    do {
      if (this.ungranted.delete(institution)) await this.closeUngranted(institution);
    } while (!this.stopped && (await this.relayBatch(institution)));
  }

  private async hold(institution: string): Promise<boolean> {
    const lock = this.locks.get(institution);
    if (lock?.held()) return true;
    await lock?.release();
    this.locks.delete(institution);
    const taken = await this.options.db.session.tryLock(`deliveries ${institution}`);
    if (taken) this.locks.set(institution, taken);
    return taken !== undefined;
  }

  /** Also those closed by the subscriber whose last deliveries still wait: without the grant they may not leave. */
  private async closeUngranted(institution: string): Promise<void> {
    const rows = await this.options.db.query<SubscriptionRow>(
      `select subscription_id, institution, inscription_context, data_service, legal_context from subscriptions
       where institution = $1 and (state <> 'closed' or relaying_sequence < last_sequence - 1)`,
      [institution],
    );
    const day = dayOf(this.options.now());
    for (const row of rows) {
      const state = grantState(this.options.policy(), toSubscribed(row), day);
      if (!state.granted) await this.options.closing.atOnce(row.subscription_id, state.closing);
    }
  }

  /** Whether there may be more. */
  private async relayBatch(institution: string): Promise<boolean> {
    const { db, broker } = this.options;
    const before = this.options.policy().revision;
    await this.closeUngranted(institution);
    const rows = await db.query<PendingRow>(
      `select d.subscription_id, d.sequence, d.person_id, d.body, d.created_at, s.relaying_sequence
       from subscriptions s join deliveries d using (subscription_id)
       where s.institution = $1 and s.state <> 'paused' and d.body is not null and d.sequence > s.relayed_sequence
       order by d.subscription_id, d.sequence limit ${BATCH}`,
      [institution],
    );
    if (rows.length === 0) return false;
    const last = new Map(rows.map(({ subscription_id, sequence }) => [subscription_id, sequence]));
    const reached = [[...last.keys()], [...last.values()]];
    await db.query(
      `update subscriptions s set relaying_sequence = greatest(s.relaying_sequence, n.last)
       from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, last) where s.subscription_id = n.subscription_id`,
      reached,
    );
    const events = await Promise.all(rows.map((row) => this.toEvent(institution, row)));
    // A revocation that came in between is looked at first.
    if (this.options.policy().revision !== before) {
      await this.takeBack(rows);
      return true;
    }
    await broker.publish(deliveriesTopic(institution), events, { signal: AbortSignal.timeout(PUBLISH_MS) });
    await db.transaction(async (tx) => {
      await tx.query(
        `update subscriptions s set relayed_sequence = n.last
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, last) where s.subscription_id = n.subscription_id`,
        reached,
      );
      await tx.query(
        `update deliveries d set body = null
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, last)
         where d.subscription_id = n.subscription_id and d.sequence <= n.last and d.body is not null`,
        reached,
      );
    });
    return rows.length === BATCH;
  }

  /** Nothing of the batch was sent: it may still be withheld. */
  private async takeBack(rows: readonly PendingRow[]): Promise<void> {
    const before = new Map(rows.map((row) => [row.subscription_id, row.relaying_sequence]));
    await this.options.db.query(
      `update subscriptions s set relaying_sequence = n.before
       from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, before) where s.subscription_id = n.subscription_id`,
      [[...before.keys()], [...before.values()]],
    );
  }

  private async toEvent(institution: string, row: PendingRow): Promise<CloudEvent> {
    return {
      id: `${row.subscription_id}:${row.sequence}`,
      source: SOURCE,
      service: SERVICE,
      type: `${SERVICE}.deliveries.notify.${row.person_id === null ? 'closed' : 'made'}`,
      time: row.created_at,
      key:
        row.person_id === null
          ? row.subscription_id
          : pseudonymOf(this.options.pseudonyms, institution, row.person_id),
      sequence: row.sequence.toString().padStart(20, '0'),
      data: await this.bodyOf(row),
    };
  }

  private async bodyOf(row: PendingRow): Promise<Uint8Array> {
    if (row.person_id === null) return Buffer.from(row.body, 'base64');
    const place = deliveryPlace(row.subscription_id, row.sequence);
    const body = await this.options.sealer.openBytesForSubject(row.person_id, row.body, place);
    // Erased in between: the number stays, so that the sequence does, and says nothing.
    return body === FORGOTTEN ? forgottenBytes(row.subscription_id, row.sequence) : body;
  }
}

const toSubscribed = (row: SubscriptionRow): SubscribedTo => ({
  subscriptionId: row.subscription_id,
  institution: row.institution,
  inscriptionContext: row.inscription_context,
  dataService: row.data_service,
  legalContext: row.legal_context,
});
