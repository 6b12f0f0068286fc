import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from '@crossroads/configuration';
import { Database, type SessionLock } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { type Broker, Bus, type CloudEvent } from '@crossroads/messaging';
import { type Policy, PolicyFollower } from '@crossroads/policy';
import { traceBatch } from '@crossroads/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { SubscriptionTerms } from '../subscription/grant-decision.rules.js';
import { deliveriesTopic } from '../subscription/subscriber-topics.js';
import { SubscriptionCloser } from '../subscription/subscription-closer.js';
import { SubscriptionQueries } from '../subscription/subscription-queries.js';
import { type Claim, DeliveryClaims } from './delivery-claims.js';
import { DeliveryEvents } from './delivery-events.js';
import { lostGrant } from './lost-grant.rules.js';

/** Doubles with each poll that finds nothing. The hint that something was appended can be lost. */
const POLL_MS = { min: 100, max: 400 };
/** What is numbered within this time after a hint is sent in one batch. */
const LINGER_MS = 20;
/** A grant also ends by the calendar, without a change of the policy. */
const CHECK_GRANTS_MS = 30_000;
const RETRY_MS = 500;
/** While the broker is away longer, the policy is asked again before each new attempt. */
const PUBLISH_TIMEOUT_MS = 2_000;
const STOP_TIMEOUT_MS = 5_000;

const onError = warn('delivery relay');

/**
 * Sends deliveries to their subscribers' topics, each subscription in the order of its numbers. One process at a time sends to
 * an institution (an advisory lock). The grants are checked again before each batch; a subscription that has lost its grant is
 * closed here, where nothing else of it can be in flight.
 */
@Injectable()
export class DeliveryRelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly locks = new Map<string, SessionLock>();
  /** Work in progress, by institution. */
  private readonly relaying = new Map<string, Promise<void>>();
  /** Institutions with a subscription that has lost its grant. */
  private readonly ungranted = new Set<string>();
  private readonly stopping = new AbortController();
  private unsubscribe: readonly (() => void)[] = [];
  private wake: () => void = () => undefined;
  private pollMs = POLL_MS.min;
  private grantsCheckedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly policy: PolicyFollower,
    private readonly subscriptions: SubscriptionQueries,
    private readonly closer: SubscriptionCloser,
    private readonly claims: DeliveryClaims,
    private readonly events: DeliveryEvents,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = [
      // Each delivery and each change of a subscription is an append to the log, here or in another process.
      this.db.session.onLogGrown(() => this.wake()),
      this.policy.onChange(({ entity }) => {
        if (entity?.$case === 'deliberation' || entity?.$case === 'dataService') this.checkGrantsAgain();
      }),
    ];
    // A process without a bus takes no locks: another one may be able to send.
    this.running = this.bus.whenOpen().then(
      (broker) => this.run(broker),
      () => undefined,
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('the delivery relay is stopped'));
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    this.bus.stopConnecting();
    this.wake();
    const ended = Promise.allSettled([this.running, ...this.relaying.values()]);
    await Promise.race([ended, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    await Promise.allSettled([...this.locks.values()].map((lock) => lock.release()));
  }

  private checkGrantsAgain(): void {
    this.grantsCheckedAt = Number.NEGATIVE_INFINITY;
    this.wake();
  }

  private async run(broker: Broker): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        await this.checkGrants();
        const institutions = new Set([...(await this.claims.institutions()), ...this.ungranted]);
        this.pollMs = institutions.size > 0 ? POLL_MS.min : Math.min(this.pollMs * 2, POLL_MS.max);
        for (const institution of institutions) this.start(broker, institution);
      } catch (error) {
        onError(error);
        await this.pause(RETRY_MS);
      }
      let timer: NodeJS.Timeout | undefined;
      const polled = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.pollMs);
      });
      await Promise.race([woken, polled]).finally(() => clearTimeout(timer));
      await this.pause(LINGER_MS);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async checkGrants(): Promise<void> {
    const now = performance.now();
    if (now - this.grantsCheckedAt < CHECK_GRANTS_MS) return;
    // Set before the query: a change of the policy meanwhile resets it.
    this.grantsCheckedAt = now;
    try {
      const subscriptions = await this.subscriptions.notClosed();
      const policy = this.policy.policy();
      for (const one of subscriptions) if (this.lostGrant(policy, one)) this.ungranted.add(one.institution);
    } catch (error) {
      this.grantsCheckedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  private start(broker: Broker, institution: string): void {
    if (this.relaying.has(institution)) return;
    const work = this.relay(broker, institution)
      .catch((error: unknown) => {
        if (this.stopping.signal.aborted) return undefined;
        onError(error);
        return this.pause(RETRY_MS);
      })
      .finally(() => this.relaying.delete(institution));
    this.relaying.set(institution, work);
  }

  private async relay(broker: Broker, institution: string): Promise<void> {
    if (!(await this.lock(institution))) return;
    do {
      if (this.ungranted.delete(institution))
        await this.closeUngranted(institution).catch((error: unknown) => {
          this.ungranted.add(institution);
          throw error;
        });
    } while (!this.stopping.signal.aborted && (await this.relayBatch(broker, institution)));
  }

  private async lock(institution: string): Promise<boolean> {
    const known = this.locks.get(institution);
    if (known?.held()) return true;
    await known?.release();
    this.locks.delete(institution);
    const lock = await this.db.session.tryLock(`deliveries ${institution}`);
    if (lock) this.locks.set(institution, lock);
    return lock !== undefined;
  }

  private async closeUngranted(institution: string): Promise<void> {
    for (const one of await this.subscriptions.revocable(institution)) {
      const reason = this.lostGrant(this.policy.policy(), one);
      if (reason) await this.closer.closeUngranted(one.subscriptionId, reason);
    }
  }

  /** @returns whether there may be more to send */
  private async relayBatch(broker: Broker, institution: string): Promise<boolean> {
    const { revision } = this.policy.policy();
    await this.closeUngranted(institution);
    const claim = await this.claims.claim(institution);
    if (claim.pending.length === 0) return false;
    const events = await this.prepare(institution, claim, revision).catch(async (error: unknown) => {
      await this.claims.release(claim);
      throw error;
    });
    if (!events) {
      await this.claims.release(claim);
      return true;
    }
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(PUBLISH_TIMEOUT_MS)]);
    const topic = deliveriesTopic(institution);
    // The traces of the mutations end here: by a trace id on the topic, two subscribers could find out whom they both know.
    const traces = claim.pending.map(({ traceparent }) => (traceparent === null ? {} : { traceparent }));
    await traceBatch('deliver', topic, traces, () => broker.publish(topic, events, { signal }));
    await this.claims.confirm(claim);
    return true;
  }

  /** The messages of a claim; nothing when a grant was lost since the revision, so that its subscription is closed first. */
  private async prepare(institution: string, claim: Claim, revision: bigint): Promise<CloudEvent[] | undefined> {
    const events = await this.events.of(institution, claim.pending);
    // No await between these checks and the sending.
    const policy = this.policy.policy();
    if (!this.locks.get(institution)?.held()) throw new Error('another process relays to this subscriber by now');
    if (policy.revision === revision) return events;
    const notices = new Set(claim.pending.flatMap((one) => (one.personId === null ? one.subscriptionId : [])));
    const isGranted = claim.subscriptions.every(
      (one) => notices.has(one.subscriptionId) || this.lostGrant(policy, one) === undefined,
    );
    return isGranted ? events : undefined;
  }

  private lostGrant(policy: Policy, terms: SubscriptionTerms) {
    return lostGrant(policy, terms, dayOf(this.clock.now()));
  }
}
