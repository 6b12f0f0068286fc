import { warn } from '@crossroads/grpc';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import { traceBatch } from '@crossroads/telemetry';
import { DELIVERIES } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { deliveriesTopic } from '../subscription/subscriber-topics.js';
import { type ClaimedLane, DeliveryClaims, type PendingDelivery } from './delivery-claims.js';
import { DeliveryEvents } from './delivery-events.js';
import { GrantChecks } from './grant-checks.js';
import { TimeSlices } from './time-slices.js';

/** While the broker is away longer, the policy is asked again before each new attempt. */
const PUBLISH_TIMEOUT_MS = 2_000;
/** After a failure, before the same subscriber is tried again. */
const RETRY_MS = 500;

/** After a failure of several together. */
const APART_MS = 10_000;
/** Deliveries that are prepared together: the event loop is yielded in between. */
const GROUP_SIZE = 128;

const onError = warn('delivery relay');

interface Batch {
  readonly institution: string;
  readonly lanes: readonly ClaimedLane[];
  readonly pending: readonly PendingDelivery[];
}

interface ReadyBatch {
  readonly batch: Batch;
  readonly topic: string;
  readonly events: readonly CloudEvent[];
}

/**
 * Sends what is claimed, to many subscribers in one request. One whose topic does not answer is then sent to alone, and holds nobody up. The grants are checked
 * again at the moment of sending.
 */
@Injectable()
export class DeliverySender {
  /** Sendings in progress, by institution. */
  private readonly sending = new Map<string, Promise<void>>();
  private sent: ClaimedLane[] = [];
  private readonly apartUntil = new Map<string, number>();

  constructor(
    private readonly claims: DeliveryClaims,
    private readonly events: DeliveryEvents,
    private readonly grants: GrantChecks,
  ) {}

  /**
   * Notes what was sent, and starts to send what was numbered meanwhile.
   * @param onSettled called when a sending has ended
   * @returns whether there was anything to send
   */
  async pass(broker: Broker, shards: readonly number[], stop: AbortSignal, onSettled: () => void): Promise<boolean> {
    await this.confirm();
    if (shards.length === 0) return false;
    // Thrown here when the policy is stale, before anything is claimed.
    const { revision } = this.grants;
    const busy = [...this.sending.keys(), ...this.sent.map(({ institution }) => institution)];
    const claimed = await this.claims.claim(shards, busy);
    const pending = await this.claims.pending(claimed).catch(async (error: unknown) => {
      await this.claims.release(claimed);
      throw error;
    });
    const batches = batchesOf(claimed, pending);
    const [apart, together] = [batches.filter((one) => this.isApart(one)), batches.filter((one) => !this.isApart(one))];
    if (together.length > 0) this.track(together, this.sendTogether(broker, together, revision, stop), stop, onSettled);
    for (const batch of apart) this.track([batch], this.sendAlone(broker, batch, revision, stop), stop, onSettled);
    return claimed.length > 0;
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.sending.values()]);
    await this.confirm();
  }

  private async confirm(): Promise<void> {
    const sent = this.sent.splice(0);
    try {
      await this.claims.confirm(sent);
    } catch (error) {
      this.sent.unshift(...sent);
      throw error;
    }
  }

  private track(batches: readonly Batch[], work: Promise<void>, stop: AbortSignal, onSettled: () => void): void {
    const sending = work
      .catch(async (error: unknown) => {
        if (stop.aborted) return;
        onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      })
      .finally(() => {
        for (const { institution } of batches) this.sending.delete(institution);
        onSettled();
      });
    for (const { institution } of batches) this.sending.set(institution, sending);
  }

  /** A topic did not answer lately: it is sent to on its own, so that the others do not wait for it. */
  private isApart({ institution }: Batch): boolean {
    return (this.apartUntil.get(institution) ?? 0) > performance.now();
  }

  private async sendTogether(
    broker: Broker,
    batches: readonly Batch[],
    revision: bigint,
    stop: AbortSignal,
  ): Promise<void> {
    const ready = await this.allReady(batches, revision);
    // Time has passed since the first of them was checked.
    if (ready.length === 0 || (await this.releaseLost(ready, revision))) return;
    try {
      await this.publish(broker, ready, stop);
    } catch (error) {
      if (ready.length === 1 || stop.aborted) throw error;
      for (const { batch } of ready) this.apartUntil.set(batch.institution, performance.now() + APART_MS);
      onError(error);
    }
  }

  /** One that cannot be prepared is tried again apart. @throws when none can, as while the policy is stale */
  private async allReady(batches: readonly Batch[], revision: bigint): Promise<ReadyBatch[]> {
    const slices = new TimeSlices();
    const results: PromiseSettledResult<ReadyBatch | undefined>[] = [];
    for (const group of groupsOf(batches)) {
      results.push(...(await Promise.allSettled(group.map((batch) => this.ready(batch, revision)))));
      await slices.next();
    }
    const failures = results.filter((one) => one.status === 'rejected');
    if (failures.length === results.length && failures[0]) throw failures[0].reason;
    for (const [index, { institution }] of batches.entries())
      if (results[index]?.status === 'rejected') this.apartUntil.set(institution, performance.now() + APART_MS);
    for (const { reason } of failures) onError(reason);
    return results.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  }

  private async sendAlone(broker: Broker, batch: Batch, revision: bigint, stop: AbortSignal): Promise<void> {
    const ready = await this.ready(batch, revision);
    if (!ready) return;
    await this.publish(broker, [ready], stop);
    this.apartUntil.delete(batch.institution);
  }

  private async ready(batch: Batch, revision: bigint): Promise<ReadyBatch | undefined> {
    const granted = await this.withoutLost(batch);
    if (granted.pending.length === 0) return undefined;
    const events = await this.prepare(granted, revision);
    return events && { batch: granted, topic: deliveriesTopic(batch.institution), events };
  }

  /** Whether a grant was lost since the revision: then the claims are made anew. */
  private async releaseLost(ready: readonly ReadyBatch[], revision: bigint): Promise<boolean> {
    if (this.grants.revision === revision || ready.every(({ batch }) => this.lostOf(batch).length === 0)) return false;
    await this.claims.release(ready.flatMap(({ batch }) => batch.lanes));
    return true;
  }

  private async publish(broker: Broker, ready: readonly ReadyBatch[], stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(PUBLISH_TIMEOUT_MS)]);
    // The traces of the mutations end here: by a trace id on the topic, two subscribers could find out whom they both know.
    const traces = ready.flatMap(({ batch }) =>
      batch.pending.map(({ traceparent }) => (traceparent === null ? {} : { traceparent })),
    );
    const [first] = ready;
    await traceBatch('deliver', ready.length === 1 && first ? first.topic : DELIVERIES.prefix, traces, () =>
      broker.publishAll(ready, { signal }),
    );
    this.sent.push(...ready.flatMap(({ batch }) => batch.lanes));
  }

  /** Closes the subscriptions of a batch that have lost their grant, and leaves them out of it. */
  private async withoutLost(batch: Batch): Promise<Batch> {
    const lost = this.lostOf(batch);
    if (lost.length === 0) return batch;
    await this.claims.release(lost);
    for (const one of lost) {
      const reason = this.grants.lost(one);
      if (reason) await this.grants.close(one.subscriptionId, reason);
    }
    const left = batch.lanes.filter((one) => !lost.includes(one));
    return {
      ...batch,
      lanes: left,
      pending: batch.pending.filter((one) =>
        left.some(({ subscriptionId, lane }) => subscriptionId === one.subscriptionId && lane === one.lane),
      ),
    };
  }

  /** Without a grant now. What may be on the topic is sent again all the same; so are notices, which are about nobody. */
  private lostOf({ lanes, pending }: Batch): ClaimedLane[] {
    const aboutPersons = new Set(
      pending.flatMap(({ personId, subscriptionId }) => (personId === null ? [] : subscriptionId)),
    );
    return lanes.filter(
      (one) => !one.again && aboutPersons.has(one.subscriptionId) && this.grants.lost(one) !== undefined,
    );
  }

  /** The messages of a batch; nothing when a grant was lost since the revision: then the claims are made anew. */
  private async prepare(batch: Batch, revision: bigint): Promise<CloudEvent[] | undefined> {
    try {
      const events = await this.events.of(batch.institution, batch.pending);
      // No await between this check and the sending.
      if (this.grants.revision === revision || this.lostOf(batch).length === 0) return events;
    } catch (error) {
      await this.claims.release(batch.lanes);
      throw error;
    }
    await this.claims.release(batch.lanes);
    return undefined;
  }
}

const batchesOf = (claimed: readonly ClaimedLane[], pending: readonly PendingDelivery[]): Batch[] => {
  const bySubscription = Map.groupBy(pending, ({ subscriptionId, lane }) => `${subscriptionId} ${lane}`);
  return [...Map.groupBy(claimed, ({ institution }) => institution)].map(([institution, lanes]) => ({
    institution,
    lanes,
    pending: lanes.flatMap(({ subscriptionId, lane }) => bySubscription.get(`${subscriptionId} ${lane}`) ?? []),
  }));
};

/** Batches in their order, those of few deliveries together. */
const groupsOf = (batches: readonly Batch[]): Batch[][] => {
  const groups: Batch[][] = [];
  let size = GROUP_SIZE;
  for (const batch of batches) {
    if (size >= GROUP_SIZE) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(batch);
    size += batch.pending.length;
  }
  return groups;
};
