import pg, { type CustomTypesConfig } from 'pg';

/** Object ids of PostgreSQL's own types, from `pg_type.dat`; they never change. */
const INT8 = 20;
const INT8_ARRAY = 1016;
const DATE = 1082;
const DATE_ARRAY = 1182;
const XID8 = 5069;

/** Arrays of numbers and dates have no quotes and, in our tables, one dimension. */
const elements = (value: string): string[] => (value === '{}' ? [] : value.slice(1, -1).split(','));

const parsers = new Map<number, (value: string) => unknown>([
  [INT8, BigInt],
  [XID8, BigInt],
  [INT8_ARRAY, (value) => elements(value).map(BigInt)],
  // A date has no time zone: pg's own parser would make it midnight of this machine's zone.
  [DATE, (value) => value],
  [DATE_ARRAY, elements],
]);

/** Parses 64-bit integers as bigint and dates as text, and everything else as `pg` does. */
export const columnTypes: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    (format === 'binary' ? undefined : parsers.get(oid)) ?? pg.types.getTypeParser(oid, format ?? 'text'),
};
