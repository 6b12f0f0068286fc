import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '@crossroads/database';
import { Batcher, RequestIdReused, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import type { MessageToPublish, PublishOutcome } from './message-to-publish.js';
import { MessageStoring, UnknownUploads } from './message-storing.js';

export type { MessageToPublish, PublishOutcome } from './message-to-publish.js';

const MAX_BATCH_SIZE = 500;
const MAX_ATTEMPTS = 8;
const JITTER_MS = 20;
/** SQLSTATE: a serialization failure, a deadlock. */
const LOST_RACES: readonly unknown[] = ['40001', '40P01'];

/** Stores messages, many in one transaction. */
@Injectable()
export class MessagePublishing {
  private readonly batcher = new Batcher<MessageToPublish, PublishOutcome>((batch) => this.publishBatch(batch), {
    maxBatchSize: MAX_BATCH_SIZE,
  });

  constructor(
    private readonly db: Database,
    private readonly storing: MessageStoring,
  ) {}

  /** In the order given. A message that is refused does not stop the others; a failure of the database stops all of the batch. */
  publish(messages: readonly MessageToPublish[]): Promise<PublishOutcome[]> {
    return Promise.all(messages.map((message) => this.batcher.load(message)));
  }

  private async publishBatch(messages: readonly MessageToPublish[]): Promise<PublishOutcome[]> {
    const outcomes = new Map<MessageToPublish, PublishOutcome>();
    const withoutOutcome = () => messages.filter((message) => !outcomes.has(message));
    for (let open = messages; open.length > 0; open = withoutOutcome())
      for (const [message, outcome] of await this.store(open)) outcomes.set(message, outcome);
    return messages.flatMap((message) => outcomes.get(message) ?? []);
  }

  /** One transaction, again after a lost race. */
  private async store(messages: readonly MessageToPublish[]): Promise<ReadonlyMap<MessageToPublish, PublishOutcome>> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.db.transaction((tx) => this.storing.store(tx, messages, attempt > 1));
      } catch (error) {
        if (error instanceof UnknownUploads) return error.outcomes;
        if (!isLostRace(error)) throw error;
        if (attempt >= MAX_ATTEMPTS) throw new WrongExpectedRevision();
        await delay(Math.random() * JITTER_MS * attempt);
      }
  }
}

const isLostRace = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof RequestIdReused ||
  (error instanceof Error && LOST_RACES.includes(Reflect.get(error, 'code')));
