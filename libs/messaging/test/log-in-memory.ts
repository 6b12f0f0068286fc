import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  CheckedPlace_Standing as Standing,
  type CheckRequest,
  type CheckResponse,
  type Place as PlaceMessage,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { LogOpened } from '@crossroads/contracts/events/v1/log_opened';
import type { Place } from '@crossroads/eventsourcing';
import { RemoteError } from '@crossroads/grpc';
import { type CloudEvent, type EventsClient, type EventSource, messageOf, placeMessageOf } from '@crossroads/messaging';
import { SOURCE } from './sealing.js';

type Placed = CloudEvent & Required<Pick<CloudEvent, 'place' | 'partition'>>;

interface Entry {
  readonly at: Place;
  /** Absent for an event that is not published. */
  readonly event: Placed | undefined;
}

const UNAVAILABLE = 14;
const FAILED_PRECONDITION = 9;

/** A publisher's log that chains hashes as `es.stamp` does, with the answers of its `EventsService`. */
export class LogInMemory {
  logId: string = randomUUID();
  isAway = false;
  needsNewerVersion = false;
  /** Up to here it was archived. */
  trimmedTo = 0n;
  reads = 0;
  checks = 0;
  private readonly partitions = new Map<number, Entry[]>();
  private serial = 0n;

  constructor(readonly source = SOURCE) {}

  /** The number travels in the data. */
  append(partition: number, n: number, { isPublished = true, key = `key-${n % 7}` } = {}): Placed {
    const entries = this.entriesOf(partition);
    const before = entries.at(-1)?.at ?? this.beginning(partition);
    const linked = entries.findLast(({ event }) => event !== undefined)?.at ?? this.beginning(partition);
    const at = { position: before.position + 1n, hash: sha256(before.hash, randomBytes(8)) };
    const event: Placed = {
      id: randomUUID(),
      source: this.source,
      type: 'sample.things.notify.changed',
      service: 'crossroads.sample.v1',
      time: new Date(),
      key,
      contentType: 'application/protobuf',
      partition,
      place: { logId: this.logId, ...at, serial: ++this.serial, previous: linked },
      data: Buffer.from(String(n)),
    };
    entries.push({ at, event: isPublished ? event : undefined });
    return event;
  }

  /** What a process sends when it takes the partition over. */
  opened(partition: number): CloudEvent {
    const head = placeMessageOf({ logId: this.logId, partition, ...this.headOf(partition) });
    return {
      id: randomUUID(),
      source: this.source,
      type: 'crossroads.events.v1.logs.notify.opened',
      service: 'crossroads.events.v1',
      time: new Date(),
      key: '',
      partition,
      data: LogOpened.encode({ holder: randomUUID(), token: 1n, head }).finish(),
    };
  }

  /** Loses what came after a position, as a database does that is restored to an older copy. */
  restore(partition: number, position: bigint): void {
    const entries = this.entriesOf(partition);
    entries.splice(entries.findLastIndex(({ at }) => at.position <= position) + 1);
  }

  /** For `putBack`. */
  copyOf(partition: number): readonly Entry[] {
    return [...this.entriesOf(partition)];
  }

  putBack(partition: number, entries: readonly Entry[]): void {
    this.partitions.set(partition, [...entries]);
  }

  /** The database was created anew. */
  createAnew(): void {
    this.partitions.clear();
    this.logId = randomUUID();
  }

  isPublished(event: CloudEvent): boolean {
    return this.entriesOf(event.partition ?? 0).some((entry) => entry.event === event);
  }

  /** The numbers of the published events of a partition, in order. */
  publishedIn(partition: number): number[] {
    return this.entriesOf(partition).flatMap(({ event }) =>
      event ? [Number(Buffer.from(event.data).toString())] : [],
    );
  }

  headOf(partition: number): Place {
    return this.entriesOf(partition).at(-1)?.at ?? this.beginning(partition);
  }

  get eventSource(): EventSource {
    return { source: this.source, eventsClient: this.client };
  }

  private readonly client: EventsClient = {
    read: (request) => this.read(request),
    check: async (request) => this.check(request),
  };

  private async *read({ partition, after }: ReadRequest): AsyncGenerator<ReadResponse> {
    this.reads++;
    this.answer();
    const entries = this.entriesOf(partition);
    let from = after?.position ?? 0n;
    if (after !== undefined && this.standingOf(after) === Standing.STANDING_TRIMMED) from = 0n;
    else if (after !== undefined && this.standingOf(after) !== Standing.STANDING_COMMON)
      throw remote(FAILED_PRECONDITION, 'LOG_FORKED');
    const oldest = entries.find(({ at }) => at.position === this.trimmedTo)?.at;
    if (oldest && from < oldest.position)
      throw remote(FAILED_PRECONDITION, 'LOG_TRIMMED', {
        logId: this.logId,
        afterPosition: String(oldest.position),
        afterHash: oldest.hash,
      });
    const place = (at: Place): PlaceMessage => placeMessageOf({ logId: this.logId, partition, ...at });
    let watermark: Place = after
      ? { position: after.position, hash: after.hash.toString('hex') }
      : this.beginning(partition);
    for (const { at, event } of [...entries]) {
      if (at.position <= from) continue;
      this.answer();
      if (event) yield { event: messageOf(event), place: place(at), serial: event.place.serial };
      watermark = at;
    }
    yield { event: undefined, place: place(watermark), serial: 0n };
  }

  private check({ places }: CheckRequest): CheckResponse {
    this.checks++;
    this.answer();
    return { places: places.map((place) => ({ standing: this.standingOf(place), head: undefined })) };
  }

  private standingOf({ logId, partition, position, hash }: PlaceMessage): Standing {
    if (logId !== this.logId) return Standing.STANDING_OTHER_LOG;
    if (position > this.headOf(partition).position) return Standing.STANDING_BEYOND_HEAD;
    if (position < this.trimmedTo) return Standing.STANDING_TRIMMED;
    const own = this.entriesOf(partition).find(({ at }) => at.position === position)?.at.hash;
    return own === hash.toString('hex') ? Standing.STANDING_COMMON : Standing.STANDING_OTHER_HASH;
  }

  private answer(): void {
    if (this.isAway) throw remote(UNAVAILABLE, '');
    if (this.needsNewerVersion) throw remote(UNAVAILABLE, 'NEEDS_NEWER_VERSION');
  }

  private entriesOf(partition: number): Entry[] {
    const entries = this.partitions.get(partition) ?? [];
    this.partitions.set(partition, entries);
    return entries;
  }

  private beginning(partition: number): Place {
    return { position: 0n, hash: sha256(Buffer.from(this.logId).toString('hex'), Buffer.from([0, partition])) };
  }
}

const sha256 = (hash: string, item: Uint8Array): string =>
  createHash('sha256').update(Buffer.from(hash, 'hex')).update(item).digest('hex');

const remote = (code: number, reason: string, metadata: Readonly<Record<string, string>> = {}): RemoteError =>
  new RemoteError(code, 'no', reason, 'sample.crossroads', metadata, [], undefined);
