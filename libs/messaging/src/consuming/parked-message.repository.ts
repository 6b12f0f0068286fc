import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { CloudEvent } from '../broker/broker.js';
import { eventOf, headersOf } from '../broker/cloud-event-headers.js';
import type { PhantomRange } from './consumer.decorator.js';
import { ParkedMessageEntity } from './parked-message.entity.js';

export interface ParkedMessage
  extends Pick<ParkedMessageEntity, 'position' | 'topic' | 'reason' | 'parkedAt' | 'attempts'> {
  readonly event: CloudEvent;
}

/** The reason of an event that could be handled itself, but follows a parked one under its key. */
export const BEHIND_PARKED = 'BEHIND_PARKED';

export interface ParkedPage {
  /** @default all topics */
  readonly topic?: string;
  /** `position` of the last message of the previous page. */
  readonly after?: bigint;
  readonly limit: number;
}

/** Messages that could not be handled: a queue for each key of a topic. */
@Injectable()
export class ParkedMessageRepository {
  constructor(@InjectRepository(ParkedMessageEntity) private readonly messages: Repository<ParkedMessageEntity>) {}

  /** Adds an event, as received, to the end of its key's queue. Idempotent. Call it in the transaction of the batch. */
  park(tx: Tx, topic: string, event: CloudEvent, reason: string): Promise<void> {
    return this.add(tx, topic, [event], reason);
  }

  /** Parks the events whose key has parked events, and returns the others. */
  async parkBlocked(tx: Tx, topic: string, events: readonly CloudEvent[]): Promise<CloudEvent[]> {
    const blocked = await this.blockedKeys(
      tx,
      topic,
      events.map(({ key }) => key),
    );
    const behind = events.filter(({ key }) => blocked.has(key));
    if (behind.length > 0) await this.add(tx, topic, behind, BEHIND_PARKED);
    return events.filter(({ key }) => !blocked.has(key));
  }

  /**
   * The keys that have parked events: newer events of these keys are parked behind them. Locks the last event of each queue until the
   * transaction ends, so that no redrive empties the queue in between and leaves an event parked behind nothing. In SQL, because every
   * batch asks.
   */
  async blockedKeys(tx: Tx, topic: string, keys: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ key: string }>(
      `select asked.key from unnest($2::text[]) as asked (key) cross join lateral (
         select from parked where topic = $1 and parked.key = asked.key order by position desc limit 1 for share
       ) as last`,
      [topic, [...new Set(keys)].sort()],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** In the order in which they were parked. */
  async page({ topic, after = 0n, limit }: ParkedPage): Promise<ParkedMessage[]> {
    const rows = await this.messages.find({
      where: { position: MoreThan(after), ...(topic === undefined ? {} : { topic }) },
      order: { position: 'ASC' },
      take: limit,
    });
    return rows.map(parkedMessageOf);
  }

  count(topic: string): Promise<number> {
    return this.messages.countBy({ topic });
  }

  /** The keys of a topic that have parked events, the one that was parked first at first. */
  async keys(topic: string): Promise<string[]> {
    const rows = await this.messages
      .createQueryBuilder('message')
      .select('message.key', 'key')
      .where({ topic })
      .groupBy('message.key')
      .orderBy('min(message.position)')
      .getRawMany<{ key: string }>();
    return rows.map(({ key }) => key);
  }

  /** The first event of a key's queue, locked until the transaction ends; undefined when the queue is empty. */
  async firstForUpdate(tx: Tx, topic: string, key: string): Promise<ParkedMessage | undefined> {
    const row = await this.in(tx).findOne({
      where: { topic, key },
      order: { position: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    return row ? parkedMessageOf(row) : undefined;
  }

  async remove(tx: Tx, position: bigint): Promise<void> {
    await this.in(tx).delete({ position });
  }

  /** Counts a failed redrive. Without a transaction it is counted although that of the redrive was rolled back. */
  async countFailure(
    position: bigint,
    { tx, reason }: { readonly tx?: Tx; readonly reason?: string } = {},
  ): Promise<void> {
    await (tx ? this.in(tx) : this.messages).update(
      { position },
      { attempts: () => 'attempts + 1', ...(reason === undefined ? {} : { reason }) },
    );
  }

  /** Takes out what a restored log may no longer have; what it still has comes again. */
  async removeLost(tx: Tx, { topic, partition, logId, after }: PhantomRange): Promise<void> {
    await tx.query(
      `delete from parked where topic = $1 and partition = $2 and headers ->> 'ce_log' = $3
        and (headers ->> 'ce_position')::bigint > $4`,
      [topic, partition, logId, after],
    );
  }

  private async add(tx: Tx, topic: string, events: readonly CloudEvent[], reason: string): Promise<void> {
    const rows = events.map((event) => ({
      topic,
      key: event.key,
      source: event.source,
      eventId: event.id,
      partition: event.partition ?? null,
      headers: headersOf(event),
      data: Buffer.from(event.data),
      reason,
    }));
    await this.in(tx).createQueryBuilder().insert().values(rows).orIgnore().updateEntity(false).execute();
  }

  private in(tx: Tx): Repository<ParkedMessageEntity> {
    return tx.manager.withRepository(this.messages);
  }
}

const parkedMessageOf = ({ headers, data, key, partition, ...row }: ParkedMessageEntity): ParkedMessage => ({
  position: row.position,
  topic: row.topic,
  reason: row.reason,
  parkedAt: row.parkedAt,
  attempts: row.attempts,
  event: eventOf(headers, {
    ...{ key, data, time: row.parkedAt },
    position: `${row.topic}/parked/${row.position}`,
    ...(partition === null ? {} : { partition }),
  }),
});
