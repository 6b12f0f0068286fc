import { Batcher } from './batcher.js';
import type { EventStore, Recorded } from './event-store.js';

/** Reads streams. */
export type StreamReader = Pick<EventStore, 'readStreams'>;

/** Batches concurrent reads into one query. A read sees everything that was committed before it was called. */
export class BatchingReader implements StreamReader {
  private readonly batcher: Batcher<readonly string[], Map<string, Recorded[]>>;

  constructor(private readonly store: StreamReader) {
    this.batcher = new Batcher((reads) => this.readBatch(reads), { stopsWithCalls: true });
  }

  readStreams(streamIds: readonly string[]): Promise<Map<string, Recorded[]>> {
    return this.batcher.load(streamIds);
  }

  private async readBatch(reads: readonly (readonly string[])[]): Promise<Map<string, Recorded[]>[]> {
    const streams = await this.store.readStreams([...new Set(reads.flat())]);
    return reads.map((streamIds) => new Map(streamIds.map((id) => [id, streams.get(id) ?? []])));
  }
}
