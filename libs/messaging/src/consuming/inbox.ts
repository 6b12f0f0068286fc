import { Database, type Tx } from '@crossroads/database';
import type { TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import type { CloudEvent } from '../broker/broker.js';
import { cursorStore, notYetConsumed, rememberConsumed } from './cursors.js';
import { park, parkBlocked } from './parking.js';
import { type Redriven, redrive } from './redrive.js';
import { TopicSealing } from '../broker/topic-sealing.js';
import type { EventConsumer, Reading } from './consumer.decorator.js';

const UNREADABLE = 'UNREADABLE';

/** Exactly once into the service's database: effects, parked messages and how far the topic was read are one transaction. */
@Injectable()
export class Inbox {
  constructor(
    private readonly db: Database,
    private readonly sealing: TopicSealing,
  ) {}

  /** @param types of the messages that the consumer takes; the cursor passes over the others. Absent: all */
  async take<Item>(
    topic: TopicName,
    consumer: EventConsumer<Item>,
    events: readonly CloudEvent[],
    types?: readonly string[],
  ): Promise<void> {
    const wanted = types ? events.filter(({ type }) => types.includes(type)) : events;
    const readings = await this.read(topic, consumer, wanted);
    await this.db.transaction(async (tx) => {
      // Another process of the group may have taken some of them since.
      await tx.query('select from consumed where topic = $1 order by source for update', [topic]);
      const fresh = notYetConsumed(wanted, await cursorStore(tx).cursors(topic));
      await consumer.handle(await this.parkWhatMustWait(tx, topic, fresh, readings), tx);
      await rememberConsumed(tx, topic, events);
    });
  }

  /** Tries what is parked again: a key that was missing may have come. */
  redrive<Item>(topic: TopicName, consumer: EventConsumer<Item>, key?: string): Promise<Redriven> {
    return redrive({
      db: this.db,
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

  /** Parks, in the order of the topic, what cannot be read and what comes after it under the same key; gives the rest. */
  private async parkWhatMustWait<Item>(
    tx: Tx,
    topic: TopicName,
    events: readonly CloudEvent[],
    readings: ReadonlyMap<CloudEvent, Reading<Item>>,
  ): Promise<Item[]> {
    const anyUnreadable = events.some((event) => readings.get(event)?.unreadable !== undefined);
    const items: Item[] = [];
    for (const event of anyUnreadable ? events : await parkBlocked(tx, topic, events)) {
      if (anyUnreadable && (await parkBlocked(tx, topic, [event])).length === 0) continue;
      const reading = readings.get(event);
      items.push(...(reading?.items ?? []));
      if (reading?.unreadable !== undefined) await park(tx, topic, event, reading.unreadable);
    }
    return items;
  }
}
