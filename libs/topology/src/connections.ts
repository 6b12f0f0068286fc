/**
 * The most connections to PostgreSQL that one process opens, from which the chart computes what `max_connections` must allow.
 * `pool` and `session` (locks and notifications, beside the pool) are to the service's database, `keys` to that of its subject keys,
 * `migrations` what a run of its migrations opens to each of them. `retention` (a pool of 3 and a session) is what `main.js retention`
 * opens to the service's database, `rebuild` (a pool of 6 and a session of the migrator role) what `main.js rebuild` opens beside those
 * of a process.
 */
export const CONNECTIONS = { pool: 10, session: 1, keys: 4, migrations: 3, retention: 4, rebuild: 7 } as const;
