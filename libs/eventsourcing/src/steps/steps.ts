import type { Queryable } from '@crossroads/database';
import pg from 'pg';
import type { Place } from '../place.js';

/** One step of a reader in one partition. */
export interface Step {
  readonly partition: number;
  /** The position that the step was taken from; 0n for the first. */
  readonly after: bigint;
  /** The place that was reached. */
  readonly place: Place;
  /** Of the relay: the place of the last message that it has published on its topic, to which the next one links. */
  readonly linked?: Place;
}

/** Another process has gone on from the same place: roll back, and read the place again. */
export class StepTaken extends Error {
  override readonly name = 'StepTaken';

  constructor() {
    super('another process has gone on from this place');
  }
}

const LAST_STEPS = {
  name: 'es-last-steps',
  text: `select last.* from unnest($2::smallint[]) asked (partition) cross join lateral (
      select partition, after, position, encode(hash, 'hex') as hash, linked, encode(linked_hash, 'hex') as linked_hash
        from es.steps where reader = $1 and partition = asked.partition order by after desc limit 1) last`,
};

/** The last step of a reader in each of the partitions; a partition in which it has not begun is absent. */
export const lastSteps = async (
  on: Pick<Queryable, 'query'>,
  reader: string,
  partitions: readonly number[],
): Promise<Map<number, Step>> => {
  const rows = await on.query<StepRow>(LAST_STEPS, [reader, partitions]);
  return new Map(
    rows.map(({ partition, after, position, hash, linked, linked_hash: linkedHash }) => [
      partition,
      {
        partition,
        after,
        place: { position, hash },
        ...(linked === null || linkedHash === null ? {} : { linked: { position: linked, hash: linkedHash } }),
      },
    ]),
  );
};

const TAKE_STEPS = {
  name: 'es-take-steps',
  text: `insert into es.steps (reader, partition, after, position, hash, linked, linked_hash)
    select reader, partition, after, position, decode(hash, 'hex'), linked, decode(linked_hash, 'hex')
      from unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[])
        s (reader, partition, after, position, hash, linked, linked_hash)`,
};

/** Goes on, in the transaction of the effects. @throws StepTaken */
export const takeSteps = async (
  on: Pick<Queryable, 'query'>,
  steps: readonly (Step & { readonly reader: string })[],
): Promise<void> => {
  if (steps.length === 0) return;
  try {
    await on.query(TAKE_STEPS, [
      steps.map(({ reader }) => reader),
      steps.map(({ partition }) => partition),
      steps.map(({ after }) => after),
      steps.map(({ place }) => place.position),
      steps.map(({ place }) => place.hash),
      steps.map(({ linked }) => linked?.position ?? null),
      steps.map(({ linked }) => linked?.hash ?? null),
    ]);
  } catch (error) {
    throw isTaken(error) ? new StepTaken() : error;
  }
};

const isTaken = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.table?.startsWith('steps') === true;

interface StepRow {
  readonly partition: number;
  readonly after: bigint;
  readonly position: bigint;
  readonly hash: string;
  readonly linked: bigint | null;
  readonly linked_hash: string | null;
}
