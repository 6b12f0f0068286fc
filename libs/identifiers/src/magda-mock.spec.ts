import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { IsoDay } from './iso-day.js';
import { parseSsin } from './ssin.js';

/** Where the Flemish government's public mock lies; it is not ours to copy. */
const FOLDER = resolve(
  process.env.CROSSROADS_MAGDA_MOCK ?? '../shared/data/magda-mock',
  'Persoon/GeefPersoon/02.02.0000',
);
const present = existsSync(FOLDER);
if (!present) process.stderr.write(`skipped: the numbers of MAGDA-Mock, since ${FOLDER} is absent\n`);

const count = (mode: 'production' | 'development') => {
  const counts: Record<string, number> = {};
  for (const file of readdirSync(FOLDER)) {
    const key = file.replace(/\.xml$/, '');
    if (key === 'notfound') continue;
    const parsed = parseSsin(key, { mode, today: '2026-11-22' as IsoDay });
    const what = parsed.ok ? parsed.kind : parsed.issue;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
};

(present ? describe : describe.skip)('the 303 numbers of MAGDA-Mock', () => {
  it('are mostly test numbers, some register and BIS numbers, and four invalid ones', () => {
    expect(count('development')).toEqual({ test: 292, register: 5, bis: 2, checksum: 2, 'impossible-date': 2 });
  });

  it('that are test numbers are refused in production', () => {
    expect(count('production')).toEqual({
      'test-number-in-production': 292,
      register: 5,
      bis: 2,
      checksum: 2,
      'impossible-date': 2,
    });
  });
});
