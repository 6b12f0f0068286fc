import { readDeliveries } from '@crossroads/client';
import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { Subscription } from '@crossroads/contracts/subscription/v1/subscription_service';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import type { AcceptedReceipts } from '@crossroads/transparency';

type Told = Pick<Mutation, 'ssin' | 'sourceRevision'>;

/** How many messages it keeps, to compare with. */
const SAMPLE = 500;

/** Reads one subscription of one lane by the SDK, which checks receipts, and times the mutations that it is told of. */
export class TimedSubscriber {
  /** Milliseconds from the call of `appending` to the delivery. */
  readonly latencies: number[] = [];
  /** Some messages as they are on the topic. */
  readonly sample: CloudEvent[] = [];
  private readonly appended = new Map<string, number>();
  private last = 0n;

  static async of(
    broker: Broker,
    { subscriptionId, topic, institution }: Subscription,
    receipts: AcceptedReceipts,
    onError: (error: unknown) => void,
  ): Promise<TimedSubscriber> {
    const subscriber = new TimedSubscriber();
    await readDeliveries({
      broker,
      topic,
      group: `${institution}.bench`,
      receipts,
      lastSequence: () => subscriber.last,
      onDelivery: (delivery) => {
        if (delivery.subscriptionId !== subscriptionId || delivery.content?.$case !== 'mutation') return;
        subscriber.last = delivery.sequence;
        subscriber.arrived(delivery.content.value);
      },
      onError,
    });
    await broker.consume({
      topic,
      group: `${institution}.bench-sample`,
      onBatch: async (events) => void subscriber.sample.push(...events.slice(0, SAMPLE - subscriber.sample.length)),
    });
    return subscriber;
  }

  /** To be called before the append, so that the time of the commit is part of the latency. */
  appending(mutation: Told): void {
    this.appended.set(keyOf(mutation), performance.now());
  }

  latencyMs(share: number): number {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  private arrived(mutation: Told): void {
    const key = keyOf(mutation);
    const at = this.appended.get(key);
    if (at === undefined) return;
    this.appended.delete(key);
    this.latencies.push(performance.now() - at);
  }
}

const keyOf = ({ ssin, sourceRevision }: Told): string => `${ssin}/${sourceRevision}`;
