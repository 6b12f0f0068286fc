import { deliveryOf, readDeliveries } from '@crossroads/client';
import type { DeliveredMutation, Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { Broker, CloudEvent } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import type { AcceptedReceipts } from '@crossroads/transparency';

/** What a subscriber has read: by the SDK, which drops repetitions and notices gaps, and raw, as any consumer of the topic. */
export class Subscriber {
  private readonly taken: Delivery[] = [];
  readonly raw: { readonly event: CloudEvent; readonly delivery: Delivery }[] = [];
  readonly faults: string[] = [];

  static async of(broker: Broker, topic: string, group: string, receipts: AcceptedReceipts): Promise<Subscriber> {
    const subscriber = new Subscriber();
    const last = new Map<string, bigint>();
    await readDeliveries({
      broker,
      topic,
      group,
      receipts,
      lastSequence: (subscriptionId, lane) => last.get(`${subscriptionId} ${lane}`) ?? 0n,
      onDelivery: (delivery) => {
        last.set(`${delivery.subscriptionId} ${delivery.lane}`, delivery.sequence);
        subscriber.taken.push(delivery);
      },
      onError: (error) => void subscriber.faults.push(String(error)),
    });
    await broker.consume({
      topic,
      group: `${group}.raw`,
      onBatch: async (events) => {
        for (const event of events) subscriber.raw.push({ event, delivery: deliveryOf(event) });
      },
    });
    return subscriber;
  }

  of(subscriptionId: string): Delivery[] {
    return this.taken.filter((delivery) => delivery.subscriptionId === subscriptionId);
  }

  rawOf(subscriptionId: string) {
    return this.raw.filter(({ delivery }) => delivery.subscriptionId === subscriptionId);
  }

  mutations(subscriptionId: string): DeliveredMutation[] {
    return this.of(subscriptionId).flatMap(({ content }) => (content?.$case === 'mutation' ? [content.value] : []));
  }

  /** Resolves once there are that many. @throws when there are more */
  async count(subscriptionId: string, wanted: number): Promise<Delivery[]> {
    await eventually(
      // By both readers, which are in groups of their own.
      () => Math.min(this.of(subscriptionId).length, this.rawOf(subscriptionId).length),
      (count) => count >= wanted,
    ).catch(() => {
      throw new Error(`${this.of(subscriptionId).length} of ${wanted} deliveries; ${this.faults.slice(-3).join('; ')}`);
    });
    if (this.of(subscriptionId).length > wanted) throw new Error('more deliveries than expected');
    return this.of(subscriptionId);
  }

  /** Requires that each number has one content, however often it was sent, and that none is missing. */
  requireSound(subscriptionId: string): void {
    const contents = new Map<string, string>();
    for (const { event, delivery } of this.rawOf(subscriptionId)) {
      const bytes = Buffer.from(event.data).toString('base64');
      const { lane, sequence } = delivery;
      if ((contents.get(`${lane} ${sequence}`) ?? bytes) !== bytes)
        throw new Error(`two contents under number ${sequence} of lane ${lane}`);
      if (sequence > 1n && !contents.has(`${lane} ${sequence - 1n}`))
        throw new Error(`a gap before ${sequence} of lane ${lane}`);
      contents.set(`${lane} ${sequence}`, bytes);
    }
  }
}
