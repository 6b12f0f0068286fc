import { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import type {
  PublishMessagesRequest,
  PublishMessagesResponse,
} from '@crossroads/contracts/ebox/v1/publication_service';
import { newRequestId, RemoteError, status } from '@crossroads/grpc';
import { describe, expect, it } from '@jest/globals';
import { publishMany, type PublishedOne, type PublishManyOptions } from './publishing.js';

const messages = (count: number): NewMessage[] =>
  Array.from({ length: count }, (_, index) =>
    NewMessage.fromPartial({ requestId: newRequestId(), originalMessageId: String(index) }),
  );

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

const failure = (code: status, reason = '') => new RemoteError(code, 'no', reason, '', {}, [], undefined);

/** The eBox as the test plays it: it publishes each request id once, and ends a stream after so many answers. */
class FakeEbox {
  readonly published = new Map<string, string>();
  streams = 0;
  /** Messages that came again. */
  repeated = 0;
  mostUnanswered = 0;

  constructor(
    /** How many messages each stream takes in before it is cut, and how many of these answers get lost with it. */
    private readonly cuts: readonly { readonly after: number; readonly lost: number; readonly error?: Error }[],
  ) {}

  readonly publishMessages = (requests: AsyncIterable<PublishMessagesRequest>) => this.answer(requests);

  private async *answer(requests: AsyncIterable<PublishMessagesRequest>): AsyncGenerator<PublishMessagesResponse> {
    const cut = this.cuts[this.streams++];
    let taken = 0;
    for await (const { message } of requests) {
      if (!message) throw failure(status.INVALID_ARGUMENT);
      if (this.published.has(message.requestId)) this.repeated++;
      const messageId = this.published.get(message.requestId) ?? `message ${this.published.size}`;
      this.published.set(message.requestId, messageId);
      taken++;
      if (!cut || taken <= cut.after - cut.lost) yield answerOf(message.requestId, messageId);
      if (cut && taken === cut.after) throw cut.error ?? failure(status.UNAVAILABLE);
    }
  }
}

const answerOf = (requestId: string, messageId: string): PublishMessagesResponse => ({
  requestId,
  number: 0n,
  outcome: { $case: 'published', value: { messageId, exclusivelyEbox: false } },
});

const publish = async (ebox: FakeEbox, all: readonly NewMessage[], options?: PublishManyOptions) => {
  const outcomes = [];
  for await (const one of publishMany(ebox, each(all), options)) outcomes.push(one);
  return outcomes;
};

describe('publishing many messages', () => {
  it('tells what came of each, in their order, with its number', async () => {
    const all = messages(50);
    const outcomes = await publish(new FakeEbox([]), all);
    expect(outcomes.map(({ message }) => message)).toEqual(all);
    expect(outcomes.map(({ number }) => number)).toEqual(all.map((_, index) => BigInt(index + 1)));
  });

  it('goes on after cuts with what has no answer, and doubles none', async () => {
    const ebox = new FakeEbox([
      { after: 10, lost: 4 },
      { after: 1, lost: 1 },
      { after: 20, lost: 0 },
    ]);
    const all = messages(50);
    const outcomes = await publish(ebox, all, { window: 8 });
    expect(outcomes.map(({ message }) => message.originalMessageId)).toEqual(all.map((one) => one.originalMessageId));
    expect(ebox.published.size).toBe(50);
    expect(ebox.streams).toBe(4);
    expect(ebox.repeated).toBeGreaterThanOrEqual(4);
  });

  it('ends with a refusal that concerns the whole', async () => {
    const refusal = failure(status.PERMISSION_DENIED, 'NOT_A_DOCUMENT_PROVIDER');
    const ebox = new FakeEbox([{ after: 3, lost: 1, error: refusal }]);
    await expect(publish(ebox, messages(5))).rejects.toBe(refusal);
    expect(ebox.streams).toBe(1);
  });

  it('tells which one was refused, also when its request id is none', async () => {
    const [first, second] = messages(2);
    const refused = { reason: 'INVALID_INPUT', description: '', fields: [] };
    const publishMessages = async function* (requests: AsyncIterable<PublishMessagesRequest>) {
      for await (const { message } of requests)
        yield message?.requestId === 'x'
          ? { requestId: '', number: 0n, outcome: { $case: 'refused' as const, value: refused } }
          : answerOf(message?.requestId ?? '', 'm');
    };
    const outcomes: string[] = [];
    const all = [{ ...first, requestId: 'x' }, second] as NewMessage[];
    for await (const { message, outcome } of publishMany({ publishMessages }, each(all)))
      outcomes.push(`${message.originalMessageId} ${outcome.$case}`);
    expect(outcomes).toEqual(['0 refused', '1 published']);
  });

  it('ends when an answer is for another message', async () => {
    const publishMessages = async function* (requests: AsyncIterable<PublishMessagesRequest>) {
      for await (const _ of requests) yield answerOf(newRequestId(), 'm');
    };
    await expect(publishMany({ publishMessages }, each(messages(1))).next()).rejects.toThrow('for another message');
  });

  it('gives up when nothing is answered for too long', async () => {
    const ebox = new FakeEbox(Array.from({ length: 1_000 }, () => ({ after: 1, lost: 1 })));
    await expect(publish(ebox, messages(5), { patienceMs: 100 })).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('reads no more messages than may wait for their answer', async () => {
    let read = 0;
    async function* counted() {
      for (const message of messages(100)) {
        read++;
        yield message;
      }
    }
    const first = publishMany(new FakeEbox([{ after: 100, lost: 100 }]), counted(), { window: 5, patienceMs: 0 });
    const waiting = first.next();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(read).toBe(5);
    waiting.catch(() => undefined);
  });

  it('ends when its source of messages fails', async () => {
    async function* broken() {
      yield* messages(2);
      throw new TypeError('the file ends in the middle of a line');
    }
    const outcomes: PublishedOne[] = [];
    const all = publishMany(new FakeEbox([]), broken());
    await expect(
      (async () => {
        for await (const one of all) outcomes.push(one);
      })(),
    ).rejects.toThrow('the file ends in the middle of a line');
    expect(outcomes).toHaveLength(2);
  });
});
