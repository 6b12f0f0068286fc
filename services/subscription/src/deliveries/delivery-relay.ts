import { setTimeout as delay } from 'node:timers/promises';
import type { Database, SessionLock } from '@crossroads/database';
import { dayOf } from '@crossroads/identifiers';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import type { Policy } from '@crossroads/policy';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import { type Traced, traceBatch } from '@crossroads/telemetry';
import type { Closing } from './closing.js';
import { forgottenBytes } from './delivery-message.js';
import { deliveryPlace } from './numbering.js';
import { type Claim, Outgoing, type Pending } from './outgoing.js';
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

/** At work; while nothing happens, half as often each time down to the last. Hints can be lost. */
const SCAN_MS = { first: 100, last: 400 };
const PACE_MS = 20;
const GRANTS_MS = 30_000;
/** After a failure, before the same institution, or the same look, is tried again. */
const REST_MS = 500;
/** When the broker is away longer, the batch is decided anew before it is tried again. */
const PUBLISH_MS = 2_000;
const CLOSE_MS = 5_000;
const SOURCE = 'urn:crossroads:service:subscription';
const SERVICE = 'crossroads.subscription.v1';

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
  private readonly outgoing: Outgoing;
  private readonly locks = new Map<string, SessionLock>();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly ungranted = new Set<string>();
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private forget: (() => void) | undefined;
  private scan = SCAN_MS.first;
  private grantsLookedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;

  constructor(private readonly options: DeliveryRelayOptions) {
    this.outgoing = new Outgoing(options.db);
  }

  start(): void {
    // Who numbers a delivery journals it: so another process's are heard of, too.
    this.forget ??= this.options.db.session.onLogGrown(() => this.wake());
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
    this.stopping.abort(new Error('the relay is closed'));
    this.forget?.();
    this.wake();
    const ended = Promise.allSettled([this.running, ...this.busy.values()]);
    await Promise.race([ended, delay(CLOSE_MS, undefined, { ref: false })]);
    await Promise.allSettled([...this.locks.values()].map((lock) => lock.release()));
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        await this.lookAtGrants();
        const institutions = await this.withWork();
        this.scan = institutions.size > 0 ? SCAN_MS.first : Math.min(this.scan * 2, SCAN_MS.last);
        for (const institution of institutions) this.begin(institution);
      } catch (error) {
        this.options.onError(error);
        await this.rest();
      }
      let timer: NodeJS.Timeout | undefined;
      const later = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.scan);
      });
      await Promise.race([woken, later]).finally(() => clearTimeout(timer));
      // What is numbered meanwhile leaves in the same batch.
      await delay(PACE_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private rest(): Promise<void> {
    return delay(REST_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
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
    // Before it waits: a change that comes meanwhile has it look again.
    this.grantsLookedAt = at;
    try {
      const rows = await this.options.db.query<SubscriptionRow>(
        `select subscription_id, institution, inscription_context, data_service, legal_context from subscriptions
         where state <> 'closed'`,
      );
      const policy = this.options.policy();
      const day = dayOf(this.options.now());
      for (const row of rows)
        if (!grantState(policy, toSubscribed(row), day).granted) this.ungranted.add(row.institution);
    } catch (error) {
      this.grantsLookedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  private begin(institution: string): void {
    if (this.busy.has(institution)) return;
    const work = this.relay(institution)
      .catch((error: unknown) => {
        if (this.stopping.signal.aborted) return undefined;
        this.options.onError(error);
        return this.rest();
      })
      .finally(() => this.busy.delete(institution));
    this.busy.set(institution, work);
  }

  private async relay(institution: string): Promise<void> {
    if (!(await this.hold(institution))) return;
    do {
      if (this.ungranted.delete(institution))
        await this.closeUngranted(institution).catch((error: unknown) => {
          this.ungranted.add(institution);
          throw error;
        });
    } while (!this.stopping.signal.aborted && (await this.relayBatch(institution)));
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
    const decidedAt = this.options.policy().revision;
    await this.closeUngranted(institution);
    const claim = await this.outgoing.claim(institution);
    if (claim.pending.length === 0) return false;
    const events = await this.readyToSend(institution, claim, decidedAt).catch(async (error: unknown) => {
      await this.outgoing.takeBack(claim);
      throw error;
    });
    if (!events) {
      await this.outgoing.takeBack(claim);
      return true;
    }
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(PUBLISH_MS)]);
    const topic = deliveriesTopic(institution);
    await traceBatch('deliver', topic, claim.pending.map(traceOf), () =>
      this.options.broker.publish(topic, events, { signal }),
    );
    await this.outgoing.sent(claim);
    return true;
  }

  /** Nothing when a grant went while the batch was made: its subscription is closed first. */
  private async readyToSend(institution: string, { pending, subscriptions }: Claim, decidedAt: bigint) {
    const events = await Promise.all(pending.map((one) => this.toEvent(institution, one)));
    // From here to sending nothing waits.
    const policy = this.options.policy();
    if (!this.locks.get(institution)?.held()) throw new Error('another process relays to this subscriber by now');
    if (policy.revision === decidedAt) return events;
    const day = dayOf(this.options.now());
    const notices = new Set(pending.filter(({ person_id }) => person_id === null).map((one) => one.subscription_id));
    const stands = subscriptions.every(
      (one) => notices.has(one.subscription_id) || grantState(policy, toSubscribed(one), day).granted,
    );
    return stands ? events : undefined;
  }

  private async toEvent(institution: string, one: Pending): Promise<CloudEvent> {
    return {
      id: `${one.subscription_id}:${one.sequence}`,
      source: SOURCE,
      service: SERVICE,
      type: `${SERVICE}.deliveries.notify.${one.person_id === null ? 'closed' : 'made'}`,
      time: one.created_at,
      key:
        one.person_id === null ? one.subscription_id : pseudonymOf(this.options.pseudonyms, institution, one.person_id),
      sequence: one.sequence.toString().padStart(20, '0'),
      data: await this.bodyOf(one),
    };
  }

  private async bodyOf(one: Pending): Promise<Uint8Array> {
    if (one.person_id === null) return Buffer.from(one.body, 'base64');
    const place = deliveryPlace(one.subscription_id, one.sequence);
    const body = await this.options.sealer.openBytesForSubject(one.person_id, one.body, place);
    // Erased in between: the number stays, so that the sequence does, and says nothing.
    return body === FORGOTTEN ? forgottenBytes(one.subscription_id, one.sequence) : body;
  }
}

/** Its trace ends here, before the topic: by its id two subscribers could find out whom they have in common. */
const traceOf = ({ traceparent }: Pending): Traced => (traceparent === null ? {} : { traceparent });

const toSubscribed = (row: SubscriptionRow): SubscribedTo => ({
  subscriptionId: row.subscription_id,
  institution: row.institution,
  inscriptionContext: row.inscription_context,
  dataService: row.data_service,
  legalContext: row.legal_context,
});
