import type { Queryable } from '@crossroads/database';
import { Batcher, beginLog, type Place, type ReadLog, readerOf, takeSteps } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** What of one partition is taken in one transaction. */
export interface Portion {
  readonly partition: number;
  readonly events: readonly CloudEvent[];
  /** From where to where, in each log that the events are from. */
  readonly moves: readonly Move[];
}

interface Move {
  readonly from: ReadLog;
  readonly to: Place;
}

/** Stores the places, in the transaction of the effects and before them. @throws StepTaken */
export type RecordPlaces = (tx: Pick<Queryable, 'query'>) => Promise<void>;

export interface TakePortions {
  readonly topic: string;
  /** Takes the events in one transaction, in which it first calls `record`. */
  readonly take: (events: readonly CloudEvent[], record: RecordPlaces) => Promise<void>;
}

/** Above this a transaction takes no further portion: it would hold its rows for too long. */
const MAX_EVENTS = 1_000;

/**
 * Takes portions of different partitions: all that have come while a transaction was under way share the next one. If that fails, each
 * gets one of its own, so that only those fail which are the cause.
 */
export const portionTaker = ({ topic, take }: TakePortions): ((portion: Portion) => Promise<void>) => {
  const takeTogether = (portions: readonly Portion[]) =>
    take(
      portions.flatMap(({ events }) => events),
      (tx) => recordPlaces(tx, topic, portions),
    );
  const takeGroup = async (portions: readonly Portion[]): Promise<Outcome[]> => {
    const together = await outcomeOf(takeTogether(portions));
    if (together === DONE || portions.length === 1 || isOutage(together.error)) return portions.map(() => together);
    const outcomes: Outcome[] = [];
    for (const portion of portions) outcomes.push(await outcomeOf(takeTogether([portion])));
    return outcomes;
  };
  const batcher = new Batcher<Portion, Outcome>(
    async (portions) => {
      const outcomes: Outcome[] = [];
      for (const group of groupsOf(portions)) outcomes.push(...(await takeGroup(group)));
      return outcomes;
    },
    { maxInFlight: 1 },
  );
  return async (portion) => {
    const outcome = await batcher.load(portion);
    if (outcome !== DONE) throw outcome.error;
  };
};

const DONE = Symbol('done');
type Outcome = typeof DONE | { readonly error: unknown };

const outcomeOf = (work: Promise<void>): Promise<Outcome> =>
  work.then(
    () => DONE,
    (error: unknown) => ({ error }),
  );

/** With the database away there is no need to ask it once for each partition. */
const isOutage = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'outage') === true;

const groupsOf = (portions: readonly Portion[]): Portion[][] => {
  const groups: Portion[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const portion of portions) {
    if (size + portion.events.length > MAX_EVENTS) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(portion);
    size += portion.events.length;
  }
  return groups;
};

const recordPlaces = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  portions: readonly Portion[],
): Promise<void> => {
  const moves = portions.flatMap((portion) => portion.moves);
  for (const { from } of moves)
    if (from.place.position === 0n && from.generation === 0) await beginLog(tx, topic, from);
  await takeSteps(
    tx,
    moves.map(({ from: { generation, place }, to }) => ({
      reader: readerOf(topic, place.logId, generation),
      partition: place.partition,
      after: place.position,
      place: to,
    })),
  );
};
