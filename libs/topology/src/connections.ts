/**
 * The most connections to PostgreSQL that one process opens, from which the chart computes what `max_connections` must allow.
 * `pool` and `session` (locks and notifications, beside the pool) are to the service's database, `keys` to that of its subject keys,
 * `migrations` what a run of its migrations opens to each of them.
 */
export const CONNECTIONS = { pool: 10, session: 1, keys: 4, migrations: 3 } as const;
