import type { LogName } from './log/partitions.js';
import type { Place } from './place.js';

/**
 * Terminology
 * - stream: the events of one entity, in order; `revision` counts from 1 within it.
 * - log: all events of a service's database, in partitions; a `Place` is a position in one of them. An event gets its position shortly
 *   after it was committed.
 * - request: a write that a caller may repeat; its answer is stored with its append.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** An event to be stored. `id` (a UUID) is generated when absent; pass it when the data is sealed with it as associated data. */
export interface NewEvent {
  readonly id?: string;
  readonly type: string;
  /** @default 1 */
  readonly schemaVersion?: number;
  readonly data: Json;
  /** Correlation, causation, actor, traceparent; no personal data. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** A stored event. */
export interface Recorded extends Required<NewEvent> {
  readonly streamId: string;
  readonly streamType: string;
  readonly revision: bigint;
  readonly recordedAt: Date;
}

/** A stored event with its place in the log. */
export interface Logged extends Recorded {
  /** See `partitionNumber`. */
  readonly partition: number;
  readonly place: Place;
  /** Drawn at the insert: orders the events of different partitions causally; has holes. */
  readonly serial: bigint;
}

/** The events to append to one stream. `expectedRevision` 0n: the stream must not exist. */
export interface StreamAppend {
  readonly streamId: string;
  readonly streamType: string;
  readonly expectedRevision: bigint;
  readonly events: readonly NewEvent[];
  /**
   * Events with the same key are in one partition, in order: the personId where the stream is about a person. It never changes in the
   * life of a stream. @default the stream's id
   */
  readonly routingKey?: string;
  /** `journal` for numerous streams that end; their ids are UUIDv7. @default main */
  readonly log?: LogName;
}

/** The idempotency key of a write: who called which rpc, the request id, and the SHA-256 of the request's bytes. */
export interface RequestKey {
  readonly institution: string;
  readonly rpc: string;
  /** A UUIDv7. Requests whose id is older than 35 days are rejected before they get here. */
  readonly requestId: string;
  readonly hash: Uint8Array;
}

export interface AppendOptions {
  readonly request?: RequestKey;
  /** Returned to the caller now and at each repetition. No personal data: it is stored for good. */
  readonly answer?: Json;
}

export interface EventStore {
  /** The stored answer of a request. @throws RequestIdReused when the same id was used with another body */
  answerTo(request: RequestKey): Promise<{ readonly answer: Json } | undefined>;
  /** The events of a stream in order, from a revision (default 1n). */
  readStream(streamId: string, fromRevision?: bigint): Promise<Recorded[]>;
  /**
   * Several streams in one round trip. A stream that does not exist is an empty array.
   * @param after of these streams only the events after a revision
   */
  readStreams(streamIds: readonly string[], after?: ReadonlyMap<string, bigint>): Promise<Map<string, Recorded[]>>;
  /**
   * Appends to one or several streams, all or nothing, and stores the request with its answer, also when there are no events.
   * @throws WrongExpectedRevision when a race was lost, also against the same request: start again from `answerTo`. A transaction has
   *   then failed as a whole
   * @throws RequestIdReused
   */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<void>;
}
