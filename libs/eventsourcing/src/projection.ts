import { type EventCodec, plainCodec } from './codec.js';
import type { Database, Tx } from '@crossroads/database';
import type { DomainEvent } from './decider.js';
import type { EventStore, Recorded } from './event-store.js';
import { type Processor, startProcessor } from './processor.js';
import { Waiter } from './waiter.js';

/** An event with where and when it was recorded. */
export type Projected<Event extends DomainEvent> = Omit<Recorded, 'type' | 'data'> & Event;

export type ProjectionHandler<Event extends DomainEvent> = (tx: Tx, event: Projected<Event>) => Promise<unknown>;

/**
 * A view that can be made again from the log at any time. A changed one is a new version with tables of its own. Events come
 * at least once and, per stream, in order: write with upserts, guarded by the revision.
 */
export interface Projection<Event extends DomainEvent> {
  readonly name: string;
  readonly version: number;
  /** Absent: events of all kinds of stream. */
  readonly streamTypes?: readonly string[];
  /** A new event type does not compile until the view has decided what to do with it. */
  readonly on: { readonly [Type in Event['type']]: ProjectionHandler<Extract<Event, { readonly type: Type }>> };
}

/** Any of them, when it no longer matters which events they are made of. */
export interface AnyProjection {
  readonly name: string;
  readonly version: number;
  readonly streamTypes?: readonly string[];
  readonly on: Readonly<Record<string, (tx: Tx, event: never) => Promise<unknown>>>;
}

/** Brings what was stored back to events of the domain. */
export type Decoder = Pick<EventCodec<DomainEvent>, 'fromStored'>;

/** The decision that a view has nothing to do with an event; it is not even decoded. */
export const ignore = async (): Promise<void> => undefined;

/** Applies events in order. Types that are not the projection's belong to other streams. */
export const project = async (
  { on, streamTypes }: AnyProjection,
  codec: Decoder,
  batch: readonly Recorded[],
  tx: Tx,
): Promise<void> => {
  // That a handler takes the events of its type is what `Projection` says; it cannot be said of a looked-up one.
  const handlers = new Map(Object.entries(on) as [string, ProjectionHandler<DomainEvent>][]);
  for (const recorded of batch) {
    const handler = handlers.get(recorded.type);
    if (!handler || handler === ignore || (streamTypes && !streamTypes.includes(recorded.streamType))) continue;
    await handler(tx, { ...recorded, ...(await codec.fromStored(recorded)) });
  }
};

export interface ProjectionOptions<View extends AnyProjection> {
  readonly db: Database;
  readonly store: Pick<EventStore, 'readLog'>;
  /** One, or while a new one is being built, the old and the new. */
  readonly versions: readonly [View, ...View[]];
  /** @default plainCodec() */
  readonly codec?: Decoder;
  /** @default 500 */
  readonly batchSize?: number;
  readonly onError: (error: unknown, attempt: number) => void;
}

export interface RunningProjection<View> {
  /** The version to read from: the newest that has once caught up with the log; until one has, the oldest. */
  live(): View;
  /** Resolves once the newest version is live and has handled everything committed before the call. */
  caughtUp(withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Keeps a view up to date, builds a newer version beside it and switches over once that has caught up. */
export const startProjection = async <View extends AnyProjection>({
  db,
  store,
  versions,
  codec = plainCodec(),
  batchSize = 500,
  onError,
}: ProjectionOptions<View>): Promise<RunningProjection<View>> => {
  const [oldest, ...newer] = versions.toSorted((a, b) => a.version - b.version);
  if (!oldest || newer.some(({ name }) => name !== oldest.name)) throw new TypeError('versions of one projection');
  const { name } = oldest;
  const stopping = new AbortController();
  const [row] = await db.query<{ version: number }>('select version from es.projections where name = $1', [name]);
  let live = newer.find(({ version }) => version === row?.version) ?? oldest;

  const running = new Map<View, Processor>();
  for (const view of [oldest, ...newer])
    if (view.version >= live.version)
      running.set(
        view,
        startProcessor({
          db,
          store,
          batchSize,
          onError,
          name: `projection ${name}`,
          version: view.version,
          handle: (batch, tx) => project(view, codec, batch, tx),
        }),
      );

  const waiter = new Waiter();
  const switchOver = async (view: View, processor: Processor): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await processor.caughtUp();
        await db.query(
          `insert into es.projections as p (name, version) values ($1, $2)
           on conflict (name) do update set version = excluded.version where p.version < excluded.version`,
          [name, view.version],
        );
        const before = live;
        live = view;
        // Processes that still read the old version feed it themselves.
        if (before !== view) await running.get(before)?.close();
        return;
      } catch {
        // Not yet, or the database is away: its processor tells of that.
        await waiter.pause(100, stopping.signal);
      }
    }
  };
  const switched = [...running].reduce(
    (before, [view, processor]) => before.then(() => switchOver(view, processor)),
    Promise.resolve(),
  );

  return {
    live: () => live,
    caughtUp: async (withinMs) => {
      const newest = [...running.values()].at(-1);
      await newest?.caughtUp(withinMs);
      await switched;
    },
    close: async () => {
      stopping.abort();
      await Promise.all([...running.values()].map((processor) => processor.close()));
      await switched;
    },
  };
};
