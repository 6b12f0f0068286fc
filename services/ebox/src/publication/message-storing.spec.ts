import type { Tx } from '@crossroads/database';
import type { PostgresEventStore } from '@crossroads/eventsourcing';
import { describe, expect, it } from '@jest/globals';
import type { MessageRows } from '../message/message-rows.js';
import { MessageStoring } from './message-storing.js';
import type { MessageToPublish } from './message-to-publish.js';

const TX = {} as Tx;
const UNUSED = {} as never;
const MESSAGE = { request: { requestId: 'r' }, content: { documents: [] } } as unknown as MessageToPublish;

/** Commits the first attempt of the message after the first of two reads. */
class CommitsBetweenReads {
  private reads = 0;

  readonly rows = { arePublished: async () => [this.isCommitted()], insert: async () => 0 } as unknown as MessageRows;
  readonly events = {
    inTransaction: () => ({ answersTo: async () => [this.isCommitted() ? { answer: ['m', false] } : undefined] }),
  } as unknown as PostgresEventStore;

  private isCommitted(): boolean {
    return this.reads++ > 0;
  }
}

describe('storing a message again', () => {
  it('a repetition whose first attempt commits meanwhile gets the first answer, and is not refused for it', async () => {
    const { rows, events } = new CommitsBetweenReads();
    const storing = new MessageStoring(events, UNUSED, UNUSED, UNUSED, UNUSED, rows, UNUSED);
    const outcomes = await storing.store(TX, [MESSAGE], true);
    expect([...outcomes.values()]).toEqual([{ messageId: 'm', exclusivelyEbox: false }]);
  });
});
