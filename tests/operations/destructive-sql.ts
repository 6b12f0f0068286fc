/** Statements that break the version that still runs during a migration. */
const BREAKING: readonly (readonly [what: string, sql: RegExp])[] = [
  ['takes away', /\bdrop\s+(?!not\s+null\b)/],
  ['renames', /\brename\s+(to|column|constraint|value|attribute)\b/],
  ['changes a type', /\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/],
  ['asks for a value', /\bset\s+not\s+null\b/],
  ['asks for a value', /\badd\s+column\s+[^,;]*\bnot\s+null\b(?![^,;]*\bdefault\b)(?<!\bdefault\b[^,;]*)/],
  ['refuses values', /\badd\s+(constraint|check|unique|primary\s+key|foreign\s+key|exclude)\b/],
  ['removes rows', /\b(delete\s+from|truncate)\b/],
  ['withdraws rights', /\brevoke\b/],
];

/** In lower case, without string literals, comments and function bodies, which do not run during a migration. */
const statementsOf = (sql: string): string =>
  sql
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .toLowerCase();

/** The changes of a migration that break the previous version. Changes of a table that the migration creates are allowed. */
export const breakageOf = (sql: string): string[] => {
  const statements = statementsOf(sql);
  const made = new Set(
    [...statements.matchAll(/\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([\w.]+)/g)].map(([, table]) => table),
  );
  return statements.split(';').flatMap((statement) => {
    const [, altered] = /\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?([\w.]+)/.exec(statement) ?? [];
    if (altered !== undefined && made.has(altered)) return [];
    const [, indexed] = /\bcreate\s+unique\s+index\b[^;]*?\bon\s+(?:only\s+)?([\w.]+)/.exec(statement) ?? [];
    const refuses = indexed !== undefined && !made.has(indexed) ? ['refuses values'] : [];
    return [...refuses, ...BREAKING.flatMap(([what, pattern]) => (pattern.test(statement) ? [what] : []))];
  });
};
