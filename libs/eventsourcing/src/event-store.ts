/**
 * Terminology
 * - stream: the events of one thing, in order; `revision` counts from 1 within it.
 * - log: all events of a service's database; a `Cursor` is a place in it.
 * - request: a write that a caller may repeat; its answer is kept with its append.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A place in the log. `transactionId` alone or `position` alone both skip events: the order needs the two. */
export interface Cursor {
  readonly transactionId: bigint;
  readonly position: bigint;
}

/** An event to be stored. `id` (a UUID) is drawn when absent; give it when the data is sealed with it as associated data. */
export interface NewEvent {
  readonly id?: string;
  readonly type: string;
  /** @default 1 */
  readonly schemaVersion?: number;
  readonly data: Json;
  /** Correlation, causation, actor, traceparent. Nothing personal. */
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** An event as it was stored. */
export interface Recorded extends Required<NewEvent> {
  readonly streamId: string;
  readonly streamType: string;
  readonly revision: bigint;
  readonly cursor: Cursor;
  readonly recordedAt: Date;
}

/** What one append adds to one stream. `expectedRevision` 0n: the stream does not exist yet. */
export interface StreamAppend {
  readonly streamId: string;
  readonly streamType: string;
  readonly expectedRevision: bigint;
  readonly events: readonly NewEvent[];
}

/** Names a write so that it may be repeated: scoped to who called what, with the SHA-256 of the request's bytes. */
export interface RequestKey {
  readonly institution: string;
  readonly rpc: string;
  /** A UUIDv7; older than 35 days is refused by the edge, by its own time. */
  readonly requestId: string;
  readonly hash: Uint8Array;
}

export interface AppendOptions {
  readonly request?: RequestKey;
  /** What the caller is told, now and at each repetition. Nothing personal: it is kept for good. */
  readonly answer?: Json;
}

export interface EventStore {
  /** The kept answer of a request, or nothing. @throws RequestIdReused when the same id came with another body. */
  answerTo(request: RequestKey): Promise<{ readonly answer: Json } | undefined>;
  /** The events of a stream in order, from a revision (default 1n). */
  readStream(streamId: string, fromRevision?: bigint): Promise<Recorded[]>;
  /** The same for several streams in one round trip; absent streams give an empty array. */
  readStreams(streamIds: readonly string[]): Promise<Map<string, Recorded[]>>;
  /**
   * Adds to one or several streams, all or nothing, and keeps the request with its answer (also when no stream gets an event).
   * Must be the first write of its transaction.
   * @throws WrongExpectedRevision when a race was lost, also against the same request: start again from `answerTo`.
   * @throws RequestIdReused
   */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<void>;
  /** At most `limit` events after a cursor, in log order, only of transactions below the oldest still open. */
  readLog(after: Cursor, limit: number): Promise<Recorded[]>;
}
