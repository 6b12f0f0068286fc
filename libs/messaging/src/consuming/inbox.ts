import { Database, type Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import type { CloudEvent } from '../broker/broker.js';
import { TopicSealing } from '../broker/topic-sealing.js';
import type { EventConsumer, Reading } from './consumer.decorator.js';
import { cursorStore, eventsAfter, storeCursors } from './cursors.js';
import { ParkedMessageRepository } from './parked-message.repository.js';
import { type Redriven, redrive } from './redrive.js';

const UNREADABLE = 'UNREADABLE';

/** Gives a consumer each message exactly once: what it writes, the parked messages and the cursor are one transaction. */
@Injectable()
export class Inbox {
  constructor(
    private readonly db: Database,
    private readonly sealing: TopicSealing,
    private readonly parked: ParkedMessageRepository,
  ) {}

  /** @param types the types of messages to handle; the cursor passes over the others. Absent: all */
  async handleBatch<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    events: readonly CloudEvent[],
    types?: readonly string[],
  ): Promise<void> {
    const wanted = types ? events.filter(({ type }) => types.includes(type)) : events;
    const readings = await this.read(topic, consumer, wanted);
    await this.db.transaction(async (tx) => {
      // Another process of the group may have handled some of them since they were delivered.
      await tx.query('select from consumed where topic = $1 order by source for update', [topic]);
      const fresh = eventsAfter(wanted, await cursorStore(tx).cursors(topic));
      await consumer.handle(await this.itemsAfterParking(tx, topic, fresh, readings), tx);
      await storeCursors(tx, topic, events);
    });
  }

  /** Handles parked messages again, for example because a key that was missing has arrived. */
  redrive<Item>(topic: TopicName, consumer: EventConsumer<Item>, key?: string): Promise<Redriven> {
    return redrive({
      db: this.db,
      parked: this.parked,
      topic,
      ...(key === undefined ? {} : { key }),
      handle: async (event, tx) => {
        const reading = (await this.read(topic, consumer, [event])).get(event);
        await consumer.handle(reading?.items ?? [], tx);
        return reading?.unreadable === undefined ? undefined : { stillBecause: reading.unreadable };
      },
    });
  }

  private async read<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    events: readonly CloudEvent[],
  ): Promise<Map<CloudEvent, Reading<Item>>> {
    const opened = await Promise.all(events.map((event) => this.sealing.open(topic, event).catch(() => undefined)));
    const readable = opened.filter((event) => event !== undefined);
    const readings = await consumer.read(readable);
    const byOpened = new Map(readable.map((event, index) => [event, readings[index]]));
    return new Map(
      events.map((event, index) => {
        const open = opened[index];
        return [event, (open && byOpened.get(open)) ?? { items: [], unreadable: UNREADABLE }];
      }),
    );
  }

  /** Parks, in the order of the topic, what cannot be read and what follows it under the same key. Returns the items of the rest. */
  private async itemsAfterParking<Item>(
    tx: Tx,
    topic: TopicName,
    events: readonly CloudEvent[],
    readings: ReadonlyMap<CloudEvent, Reading<Item>>,
  ): Promise<Item[]> {
    const allReadable = events.every((event) => readings.get(event)?.unreadable === undefined);
    // Usually one query for the whole batch. A message that is parked now blocks the ones behind it: then one query each.
    const unblocked = allReadable ? await this.parked.parkBlocked(tx, topic, events) : events;
    const items: Item[] = [];
    for (const event of unblocked) {
      if (!allReadable && (await this.parked.parkBlocked(tx, topic, [event])).length === 0) continue;
      const reading = readings.get(event);
      items.push(...(reading?.items ?? []));
      if (reading?.unreadable !== undefined) await this.parked.park(tx, topic, event, reading.unreadable);
    }
    return items;
  }
}
