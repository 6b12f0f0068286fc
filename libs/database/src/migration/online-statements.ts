import type { MigrationRun } from './migration-run.js';

type Send = (sql: string, params?: unknown[]) => Promise<unknown>;

const CONCURRENTLY = /\bconcurrently\b/i;
const CREATE_INDEX =
  /^\s*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?("[^"]+"|\w+)\s+on\s+(?:only\s+)?("?[\w."]+)/i;

/**
 * Makes the statements of an online migration repeatable. What runs concurrently waits for older transactions as long as they last:
 * nobody queues behind it.
 */
export const onlineStatements = async (
  run: MigrationRun,
  name: string,
  work: () => Promise<unknown>,
): Promise<void> => {
  const { runner } = run;
  const original = runner.query;
  const send: Send = runner.query.bind(runner);
  const query: Send = async (sql, params) => {
    if (!CONCURRENTLY.test(sql)) return send(sql, params);
    const [, index, table] = CREATE_INDEX.exec(sql) ?? [];
    await send('set lock_timeout = 0');
    try {
      if (index !== undefined && table !== undefined) {
        const valid = await validityOf(send, index, table);
        if (valid === true) return undefined;
        if (valid === false) {
          run.say('an invalid index is dropped', { migration: name, index });
          await send(`drop index concurrently if exists ${await schemaOf(send, table)}.${index}`);
        }
      }
      return await run.watching(name, () => send(sql, params));
    } finally {
      await send('reset lock_timeout');
    }
  };
  runner.query = query as typeof runner.query;
  try {
    await work();
  } finally {
    runner.query = original;
  }
};

/** Undefined when there is none. An unquoted name is in lower case. */
const validityOf = async (send: Send, index: string, table: string): Promise<boolean | undefined> => {
  const [row] = (await send(
    `select i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = to_regclass($1) and c.relname = (parse_ident($2))[1]`,
    [table, index],
  )) as { valid: boolean }[];
  return row?.valid;
};

/** An index is in the schema of its table. */
const schemaOf = async (send: Send, table: string): Promise<string> => {
  const [row] = (await send(
    `select quote_ident(n.nspname) as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = to_regclass($1)`,
    [table],
  )) as { schema: string }[];
  return row?.schema ?? 'public';
};
