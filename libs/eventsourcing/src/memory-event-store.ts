import { randomUUID } from 'node:crypto';
import { RequestIdReused, WrongExpectedRevision } from './errors.js';
import type { AppendOptions, EventStore, Json, Recorded, RequestKey, StreamAppend } from './event-store.js';
import { monthOf, partitionOf } from './log/partitions.js';
import { keyOf } from './request-key.js';

/** For specs: passes the same contract as the event store in PostgreSQL, and keeps everything in memory. */
export class MemoryEventStore implements EventStore {
  private readonly streams = new Map<string, Recorded[]>();
  private readonly partitions = new Map<string, number>();
  private readonly requests = new Map<string, { readonly hash: Uint8Array; readonly answer: Json }>();

  async answerTo(request: RequestKey): Promise<{ readonly answer: Json } | undefined> {
    const stored = this.requests.get(keyOf(request));
    if (!stored) return undefined;
    if (Buffer.compare(stored.hash, request.hash) !== 0) throw new RequestIdReused();
    return { answer: stored.answer };
  }

  async readStream(streamId: string, fromRevision = 1n): Promise<Recorded[]> {
    return (this.streams.get(streamId) ?? []).filter(({ revision }) => revision >= fromRevision);
  }

  async readStreams(
    streamIds: readonly string[],
    after?: ReadonlyMap<string, bigint>,
  ): Promise<Map<string, Recorded[]>> {
    const streams = streamIds.map(async (id) => [id, await this.readStream(id, (after?.get(id) ?? 0n) + 1n)] as const);
    return new Map(await Promise.all(streams));
  }

  async append(appends: readonly StreamAppend[], { request, answer = null }: AppendOptions = {}): Promise<void> {
    const written = appends.filter(({ events }) => events.length > 0);
    if (new Set(written.map(({ streamId }) => streamId)).size < written.length)
      throw new TypeError('a stream may stand only once in an append');
    if (request && (await this.answerTo(request))) throw new WrongExpectedRevision();
    // No await from here on, so that everything is appended or nothing.
    for (const { streamId, expectedRevision, routingKey, log = 'main' } of written) {
      monthOf(log, streamId);
      const partition = partitionOf(log, routingKey ?? streamId);
      if ((this.partitions.get(streamId) ?? partition) !== partition) throw new WrongExpectedRevision();
      if (BigInt(this.streams.get(streamId)?.length ?? 0) !== expectedRevision) throw new WrongExpectedRevision();
      this.partitions.set(streamId, partition);
    }
    if (request) {
      const key = keyOf(request);
      if (this.requests.has(key)) throw new WrongExpectedRevision();
      this.requests.set(key, { hash: request.hash, answer: copyOf(answer) });
    }
    for (const append of written) this.add(append);
  }

  private add({ streamId, streamType, events }: StreamAppend): void {
    const stream = this.streams.get(streamId) ?? [];
    this.streams.set(streamId, stream);
    for (const { id = randomUUID(), type, schemaVersion = 1, data, metadata = {} } of events) {
      const revision = BigInt(stream.length + 1);
      stream.push({
        id,
        streamId,
        streamType,
        revision,
        type,
        schemaVersion,
        data: copyOf(data),
        metadata: copyOf(metadata),
        recordedAt: new Date(),
      });
    }
  }
}

/** The value as a database would return it. */
const copyOf = <Value extends Json>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
