import type pg from 'pg';

/** Running processes of the service that are older than `version`, by role and version. */
export const olderMembers = async (client: pg.Client, version: string): Promise<string[]> => {
  const found = await client.query<{ found: boolean }>("select to_regclass('es.members') is not null as found");
  if (found.rows[0]?.found !== true) return [];
  const { rows } = await client.query<{ version: string; processes: string }>(
    `select version, count(distinct holder) as processes from es.members where expires_at > clock_timestamp()
      group by version order by version`,
  );
  return rows.flatMap((row) => (isOlder(row.version, version) ? [`${row.processes} of version ${row.version}`] : []));
};

/** What is no version may be anything, and counts as older. */
export const isOlder = (version: string, than: string): boolean => {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  if (!one || !other) return version !== than;
  const index = one.findIndex((part, at) => part !== other[at]);
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
};

const numbersOf = (version: string): [number, number, number] | undefined => {
  const [, major, minor = '0', patch = '0'] = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(version) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
};
