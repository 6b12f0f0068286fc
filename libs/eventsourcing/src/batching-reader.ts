import { Batcher } from './batcher.js';
import type { EventStore, Recorded } from './event-store.js';

/** Reads streams. */
export type StreamReader = Pick<EventStore, 'readStreams'>;

interface Read {
  readonly streamIds: readonly string[];
  readonly after: ReadonlyMap<string, bigint>;
}

/** Batches concurrent reads into one query. A read sees everything that was committed before it was called. */
export class BatchingReader implements StreamReader {
  private readonly batcher: Batcher<Read, Map<string, Recorded[]>>;

  constructor(private readonly store: StreamReader) {
    this.batcher = new Batcher((reads) => this.readBatch(reads), { stopsWithCalls: true });
  }

  readStreams(
    streamIds: readonly string[],
    after: ReadonlyMap<string, bigint> = new Map(),
  ): Promise<Map<string, Recorded[]>> {
    return this.batcher.load({ streamIds, after });
  }

  private async readBatch(reads: readonly Read[]): Promise<Map<string, Recorded[]>[]> {
    // The longest part of a stream that anybody needs.
    const from = new Map<string, bigint>();
    for (const { streamIds, after } of reads)
      for (const id of streamIds) {
        const [known, asked] = [from.get(id), after.get(id) ?? 0n];
        from.set(id, known === undefined || asked < known ? asked : known);
      }
    const streams = await this.store.readStreams([...from.keys()], partsOf(from));
    return reads.map(
      ({ streamIds, after }) =>
        new Map(
          streamIds.map((id) => {
            const [recorded, first] = [streams.get(id) ?? [], after.get(id) ?? 0n];
            return [id, first === from.get(id) ? recorded : recorded.filter(({ revision }) => revision > first)];
          }),
        ),
    );
  }
}

/** Those that are not read whole. */
const partsOf = (from: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> =>
  new Map([...from].filter(([, revision]) => revision > 0n));
