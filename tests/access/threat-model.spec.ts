import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calledBy, isForInstitutions, SERVICES } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../whole-mesh.js';

interface Row {
  readonly from: string;
  readonly to: string;
  readonly tests: readonly string[];
}

const inBackticks = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].flatMap(([, inner]) => inner ?? []);

/** The rows of the threat model in SECURITY.md. */
const rows = (): Row[] =>
  readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes(' → '))
    .map((line) => {
      const [arrow = '', , , tests = ''] = line.split(' | ');
      const [from = '', to = ''] = arrow.split(' → ');
      return { from, to, tests: inBackticks(tests) };
    });

describe('the threat model', () => {
  it('each row of the threat model names tests that exist', () => {
    expect(rows().length).toBeGreaterThan(15);
    for (const { from, to, tests } of rows()) {
      expect([from, to, tests.length > 0]).toEqual([from, to, true]);
      for (const test of tests) expect([test, existsSync(join(ROOT, test))]).toEqual([test, true]);
    }
  });

  it('the threat model has exactly the calls between services of the topology', () => {
    const written = rows().flatMap(({ from, to }) =>
      inBackticks(from).flatMap((caller) => inBackticks(to).map((server) => `${caller} → ${server}`)),
    );
    const arrows = SERVICES.flatMap((caller) => calledBy(caller).map((server) => `${caller} → ${server}`));
    expect([...new Set(written)].toSorted((a, b) => a.localeCompare(b))).toEqual(
      arrows.toSorted((a, b) => a.localeCompare(b)),
    );
  });

  it('the threat model has a row from institutions to every service that serves them', () => {
    const reached = rows().flatMap(({ from, to }) => (from.includes('institutions') ? inBackticks(to) : []));
    expect(SERVICES.filter((name) => isForInstitutions(name) && !reached.includes(name))).toEqual([]);
  });
});
