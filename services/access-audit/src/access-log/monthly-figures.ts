import { Database, type Tx } from '@crossroads/database';
import { type LogEvent, partitionOf, type StreamAppend, uuidV7 } from '@crossroads/eventsourcing';
import type { ViewOfLog } from '@crossroads/service';
import { Injectable } from '@nestjs/common';
import type { AccessStep } from './access-entry.js';
import { type Counted, countedFromStored, countedIn, countedToStored } from './counted-lines.js';

/** Type of the event with what lines add to the figures. It is in a stream of its own, and names no person. */
const LINES_COUNTED = 'LinesCounted';

/** What the lines of one partition of the log add. */
export interface CountedPartition {
  readonly partition: number;
  readonly counted: readonly Counted[];
  /** Leads to the partition. */
  readonly routingKey: string;
}

/** What new lines add, by partition in order. @param lines the first step of each */
export const countedByPartition = (lines: readonly AccessStep[]): CountedPartition[] => {
  const ofPersons = lines.filter(({ personId }) => personId !== '');
  const partitions = Map.groupBy(ofPersons, ({ personId }) => partitionOf('main', personId));
  return [...partitions]
    .sort(([a], [b]) => a - b)
    .flatMap(([partition, steps]) => {
      const [counted, routingKey] = [countedIn(steps), steps[0]?.personId];
      return counted.length === 0 || routingKey === undefined ? [] : [{ partition, counted, routingKey }];
    });
};

/** What is appended with the lines: their records are sealed, and some are erased by the time that the figures are made anew. */
export const countingAppends = (partitions: readonly CountedPartition[]): StreamAppend[] =>
  partitions.map(({ counted, routingKey, partition }) => ({
    streamId: uuidV7(),
    streamType: 'figures',
    routingKey,
    expectedRevision: 0n,
    events: [{ type: LINES_COUNTED, data: { partition, ...countedToStored(counted) } }],
  }));

type FiguresTable = 'monthly_figures' | 'monthly_figures_rebuilt';

/** @param into also the table that is being rebuilt */
export const addFigures = async (
  tx: Tx,
  partitions: readonly Pick<CountedPartition, 'partition' | 'counted'>[],
  into: FiguresTable = 'monthly_figures',
): Promise<void> => {
  const rows = partitions.flatMap(({ partition, counted }) =>
    counted.map((one) => ({ ...one, id: `${one.month}/${one.customer}/${partition}` })),
  );
  if (rows.length === 0) return;
  await tx.query(addInto(into), [
    rows.map(({ id }) => id),
    rows.map(({ month }) => month),
    rows.map(({ customer }) => customer),
    rows.map(({ consultations }) => consultations),
    rows.map(({ refusedConsultations }) => refusedConsultations),
    rows.map(({ deliveries }) => deliveries),
    rows.map(({ inscriptions }) => inscriptions),
  ]);
};

const addInto = (table: FiguresTable) => ({
  name: `${table}-add`,
  text: `
    insert into ${table} as f (id, month, customer, consultations, refused_consultations, deliveries, inscriptions)
      select * from unnest($1::text[], $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
      on conflict (id) do update set consultations = f.consultations + excluded.consultations,
        refused_consultations = f.refused_consultations + excluded.refused_consultations,
        deliveries = f.deliveries + excluded.deliveries, inscriptions = f.inscriptions + excluded.inscriptions`,
});

/** The table `monthly_figures`, from the counts in the log. */
export const figuresView: ViewOfLog = {
  from: 'log',
  table: 'monthly_figures',
  types: [LINES_COUNTED],
  key: 'id',
  compared: ['consultations', 'refused_consultations', 'deliveries', 'inscriptions'],
  // One by one: two events of a batch may add to the same row, which one statement cannot change twice.
  apply: async (tx, events) => {
    for (const { data } of events)
      await addFigures(
        tx,
        [{ partition: partitionIn(data), counted: countedFromStored(data) }],
        'monthly_figures_rebuilt',
      );
  },
};

// Written by `countingAppends` above.
const partitionIn = (data: LogEvent['data']): number => (data as { readonly partition: number }).partition;

interface MonthOfCustomer {
  /** The first day of the month. */
  readonly month: string;
  readonly customer: string;
}

interface FiguresRow extends MonthOfCustomer {
  readonly consultations: bigint;
  readonly refusedConsultations: bigint;
  readonly deliveries: bigint;
  readonly inscriptions: bigint;
}

interface FiguresOf {
  /** First days of months, both included. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly customer: string | undefined;
  readonly after: MonthOfCustomer | undefined;
  readonly limit: number;
}

/** Reads the figures. */
@Injectable()
export class MonthlyFiguresList {
  constructor(private readonly db: Database) {}

  /** The newest month first, then by customer. */
  list({ from, to, customer, after, limit }: FiguresOf): Promise<FiguresRow[]> {
    const afterRow = [after?.month ?? null, after?.customer ?? null];
    return this.db.query<FiguresRow>(LIST, [from ?? null, to ?? null, customer ?? null, ...afterRow, limit]);
  }
}

const LIST = {
  name: 'monthly-figures',
  text: `
    select f.month, f.customer, sum(f.consultations)::bigint as consultations,
           sum(f.refused_consultations)::bigint as "refusedConsultations", sum(f.deliveries)::bigint as deliveries,
           sum(f.inscriptions)::bigint as inscriptions
      from monthly_figures f
     where ($1::date is null or f.month >= $1::date) and ($2::date is null or f.month <= $2::date)
       and ($3::text is null or f.customer = $3)
       and ($4::date is null or f.month < $4::date or (f.month = $4::date and f.customer > $5::text))
     group by f.month, f.customer order by f.month desc, f.customer limit $6`,
};
