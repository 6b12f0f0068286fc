import type { Queryable, Tx } from '@crossroads/database';
import type { Recorded } from '../event-store.js';
import type { Place } from '../place.js';

/** What a view needs of an event of this service's own log. */
export type LogEvent = Pick<Recorded, 'streamId' | 'revision' | 'type' | 'data' | 'id' | 'recordedAt'>;

/** A table that follows from events alone, except for what it carries over. */
export interface View<Event extends { readonly type: string }> {
  /** The live table. It is rebuilt as `<table>_rebuilt`. */
  readonly table: string;
  /** The types of events that it follows from; the others are passed over. */
  readonly types: readonly string[];
  /** The primary key: one column. */
  readonly key: string;
  /** The columns that are compared; one of them at least is `not null`. None: the live rows may lag, so that nothing is compared. */
  readonly compared: readonly string[];
  /** How many events a transaction has: fewer where each changes many rows. @default 500 */
  readonly batchSize?: number;
  /** Applies events of one partition, in order, to `<table>_rebuilt`. Other partitions are applied at the same time. */
  apply(tx: Tx, events: readonly Event[]): Promise<unknown>;
  /** Columns that are in no event, and are copied from the live table. */
  readonly carriedOver?: {
    readonly columns: readonly string[];
    /** The keys of the rows whose columns these events may have changed. */
    keysOf(events: readonly Event[]): readonly unknown[];
  };
}

export interface Batch<Event> {
  readonly events: readonly Event[];
  /** The place behind them. */
  readonly place: Place;
}

/** The events that the live table follows: of this service's log, or of a topic. */
export interface ViewSource<Event> {
  readonly partitions: readonly number[];
  /** How far the live table follows each partition at the moment. */
  heads(): Promise<ReadonlyMap<number, Place>>;
  /** The events of a partition after a place, up to what the live table follows, in order: at most `limit` in a batch. */
  batches(partition: number, after: Place, limit: number, signal: AbortSignal): AsyncIterable<Batch<Event>>;
  /**
   * What the live table follows and lies after the places, also events without a position yet. Nobody writes the live table meanwhile.
   * @param tx the transaction that keeps writers out
   */
  rest(tx: Queryable, after: ReadonlyMap<number, Place>, signal: AbortSignal): Promise<readonly Event[]>;
}
