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

/** An opened event, or a message that cannot be opened. */
interface Opened {
  readonly event: CloudEvent;
  readonly isOpen: boolean;
  /** The form in which it is parked: as received, or sealed again if it came in a bundle. */
  readonly parkable: () => Promise<CloudEvent>;
}

interface Received<Item> extends Opened {
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
   * @param types the types of events to handle; the others are passed over. Absent: all
   * @param record stores the places in the transaction of the effects
   * @param passing the types that are handled although older events under their key are parked
   */
  async handleBatch<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    messages: readonly CloudEvent[],
    types?: readonly string[],
    record: RecordPlaces = async () => undefined,
    passing: readonly string[] = [],
  ): Promise<void> {
    const received = await this.read(topic, consumer, messages, types);
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
        const received = await this.read(topic, consumer, [message], isBundle(message) ? types : undefined);
        if (isBundle(message) && received.every(({ isOpen }) => isOpen)) {
          // Each of its events is handled, or parked under its own key.
          await consumer.handle(await this.itemsAfterParking(tx, topic, received), tx);
          return undefined;
        }
        const [{ items, unreadable } = UNREADABLE_MESSAGE] = received.map(({ reading }) => reading);
        await consumer.handle(items, tx);
        return unreadable === undefined ? undefined : { stillBecause: unreadable };
      },
    });
  }

  private async read<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    messages: readonly CloudEvent[],
    types?: readonly string[],
  ): Promise<Received<Item>[]> {
    const isWanted = ({ type }: CloudEvent): boolean => types === undefined || types.includes(type);
    const wanted = messages.filter((message) => isBundle(message) || isWanted(message));
    const opened = (await Promise.all(wanted.map((message) => this.open(topic, message, isWanted)))).flat();
    const readings = await consumer.read(opened.flatMap(({ event, isOpen }) => (isOpen ? [event] : [])));
    let next = 0;
    return opened.map((one) => ({
      ...one,
      reading: (one.isOpen ? readings[next++] : undefined) ?? UNREADABLE_MESSAGE,
    }));
  }

  /** The events of a message. @throws BundleForked */
  private async open(
    topic: TopicName,
    message: CloudEvent,
    isWanted: (event: CloudEvent) => boolean,
  ): Promise<Opened[]> {
    const asReceived = async () => message;
    try {
      const opened = await this.sealing.open(topic, message);
      if (!isBundle(opened)) return [{ event: opened, isOpen: true, parkable: asReceived }];
      return unbundled(opened)
        .filter(isWanted)
        .map((event) => ({ event, isOpen: true, parkable: () => this.sealed(topic, event) }));
    } catch (error) {
      if (error instanceof BundleForked) throw error;
      return [{ event: message, isOpen: false, parkable: asReceived }];
    }
  }

  private async sealed(topic: TopicName, event: CloudEvent): Promise<CloudEvent> {
    const [sealed = event] = await this.sealing.seal(topic, [event]);
    return sealed;
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
    for (const { event, reading, parkable } of received) {
      if (blocked.has(event.key) && !passing.includes(event.type)) {
        await this.parked.park(tx, topic, await parkable(), BEHIND_PARKED);
        continue;
      }
      items.push(...reading.items);
      if (reading.unreadable === undefined) continue;
      await this.parked.park(tx, topic, await parkable(), reading.unreadable);
      blocked.add(event.key);
    }
    return items;
  }
}

const UNREADABLE_MESSAGE = { items: [], unreadable: 'UNREADABLE' };
