import { Database, type Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import type { CloudEvent } from '../broker/broker.js';
import { BundleForked, isBundle, unbundled } from '../broker/bundle.js';
import { TopicSealing } from '../broker/topic-sealing.js';
import type { EventConsumer, Reading } from './consumer.decorator.js';
import { BEHIND_PARKED, ParkedMessageRepository } from './parked-message.repository.js';
import type { RecordPlaces } from './portions.js';
import { type Redriven, redrive } from './redrive.js';

interface Received<Item> {
  readonly event: CloudEvent;
  readonly reading: Reading<Item>;
}

/** Gives a consumer each event exactly once: what it writes, the parked messages and the places are one transaction. */
@Injectable()
export class Inbox {
  constructor(
    private readonly db: Database,
    private readonly sealing: TopicSealing,
    private readonly parked: ParkedMessageRepository,
  ) {}

  /**
   * @param events opened, as `consumeFrom` hands them over
   * @param types the types of events to handle; the others are passed over. Absent: all
   * @param record stores the places in the transaction of the effects
   * @param passing the types that are handled although older events under their key are parked
   */
  async handleBatch<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    events: readonly CloudEvent[],
    types?: readonly string[],
    record: RecordPlaces = async () => undefined,
    passing: readonly string[] = [],
  ): Promise<void> {
    const received = await this.read(consumer, events, types);
    await this.db.transaction(async (tx) => {
      await record(tx);
      if (received.length > 0) await consumer.handle(await this.itemsAfterParking(tx, topic, received, passing), tx);
    });
  }

  /** Handles parked messages again, for example because a key that was missing has arrived. */
  redrive<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    key?: string,
    types?: readonly string[],
  ): Promise<Redriven> {
    return redrive({
      db: this.db,
      parked: this.parked,
      topic,
      ...(key === undefined ? {} : { key }),
      handle: async (message, tx) => {
        const opened = await this.sealing.open(topic, message).catch(() => undefined);
        if (opened === undefined) return { stillBecause: UNREADABLE };
        const received = await this.read(consumer, [opened], isBundle(opened) ? types : undefined);
        if (isBundle(opened) && received.every(({ event }) => event !== opened)) {
          // Each of its events is handled, or parked under its own key.
          await consumer.handle(await this.itemsAfterParking(tx, topic, received), tx);
          return undefined;
        }
        const [{ items, unreadable } = UNREADABLE_EVENT] = received.map(({ reading }) => reading);
        await consumer.handle(items, tx);
        return unreadable === undefined ? undefined : { stillBecause: unreadable };
      },
    });
  }

  /** @throws BundleForked */
  private async read<Item>(
    consumer: EventConsumer<Item>,
    messages: readonly CloudEvent[],
    types?: readonly string[],
  ): Promise<Received<Item>[]> {
    const isWanted = ({ type }: CloudEvent): boolean => types === undefined || types.includes(type);
    const events = messages.flatMap(eventsIn).filter((event) => isBundle(event) || isWanted(event));
    const readings = await consumer.read(events.filter((event) => !isBundle(event)));
    let next = 0;
    return events.map((event) => ({
      event,
      reading: (isBundle(event) ? undefined : readings[next++]) ?? UNREADABLE_EVENT,
    }));
  }

  /** Parks an event as it would have come by itself: sealed, like all that lies on disks. */
  private async park(tx: Tx, topic: TopicName, event: CloudEvent, reason: string): Promise<void> {
    const [sealed = event] = await this.sealing.seal(topic, [event]);
    await this.parked.park(tx, topic, sealed, reason);
  }

  /** Parks, in their order, what cannot be read and what follows it under the same key. Returns the items of the rest. */
  private async itemsAfterParking<Item>(
    tx: Tx,
    topic: TopicName,
    received: readonly Received<Item>[],
    passing: readonly string[] = [],
  ): Promise<Item[]> {
    // One query for the whole batch. A message that is parked now blocks the ones behind it, too.
    const blocked = await this.parked.blockedKeys(
      tx,
      topic,
      received.map(({ event }) => event.key),
    );
    const items: Item[] = [];
    for (const { event, reading } of received) {
      if (blocked.has(event.key) && !passing.includes(event.type)) {
        await this.park(tx, topic, event, BEHIND_PARKED);
        continue;
      }
      items.push(...reading.items);
      if (reading.unreadable === undefined) continue;
      await this.park(tx, topic, event, reading.unreadable);
      blocked.add(event.key);
    }
    return items;
  }
}

const UNREADABLE = 'UNREADABLE';
const UNREADABLE_EVENT = { items: [], unreadable: UNREADABLE };

/** A bundle that cannot be decoded remains one message. @throws BundleForked */
const eventsIn = (message: CloudEvent): CloudEvent[] => {
  try {
    return unbundled(message);
  } catch (error) {
    if (error instanceof BundleForked) throw error;
    return [message];
  }
};
