import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyTransitions, type NumberTransition } from '../src/number/number-transitions.js';
import { service } from '../src/service.js';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await testDatabase(...service.database.migrations);
  db = await openDatabase({ url: database.url, poolSize: 2 });
}, 60_000);
afterAll(async () => {
  await db.close();
  await database.drop();
  await (await testPostgres()).stop();
});

/** A model of the registry with five persons of one number each, and the transitions that it publishes. */
class Numbers {
  readonly transitions: NumberTransition[] = [];
  readonly numbers = Array.from({ length: 5 }, () => ({ number: randomUUID(), own: randomUUID() }));
  private readonly by = new Map<number, number>();
  private position = 0n;

  constructor() {
    for (const n of this.numbers.keys()) this.publish('assigned', n, this.ownerOf(n), undefined);
  }

  /** The person of the last number in the chain of replacements. */
  ownerOf(n: number): string {
    const next = this.by.get(n);
    return next === undefined ? (this.numbers[n]?.own ?? '') : this.ownerOf(next);
  }

  stateOf(n: number): string {
    return this.by.has(n) ? 'R' : 'V';
  }

  replace(n: number, by: number): void {
    if (this.by.has(n) || this.by.has(by) || n === by) return;
    this.move(n, () => this.by.set(n, by), 'replaced');
  }

  unreplace(n: number): void {
    if (this.by.has(n)) this.move(n, () => this.by.delete(n), 'unreplaced');
  }

  private move(n: number, change: () => unknown, kind: 'replaced' | 'unreplaced'): void {
    const moved = [...this.numbers.keys()].filter((other) => this.leadsTo(other, n));
    const before = this.ownerOf(n);
    change();
    for (const other of moved) this.publish(other === n ? kind : 'replaced', other, this.ownerOf(n), before);
  }

  private leadsTo(from: number, to: number): boolean {
    const next = this.by.get(from);
    return from === to || (next !== undefined && this.leadsTo(next, to));
  }

  private publish(
    kind: NumberTransition['kind'],
    n: number,
    personId: string,
    previousPersonId: string | undefined,
  ): void {
    const number = this.numbers[n]?.number ?? '';
    this.transitions.push({
      kind,
      number,
      replacedBy: undefined,
      personId,
      previousPersonId,
      position: ++this.position,
    });
  }
}

interface Row {
  readonly state: string;
  readonly owner: string;
}

describe('number transitions', () => {
  it('transitions give the same rows in batches of any size, also when they are repeated', async () => {
    const number = fc.integer({ min: 0, max: 4 });
    const action = fc.record({ replace: fc.boolean(), n: number, by: number });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }),
        async (actions, sizes) => {
          const numbers = new Numbers();
          for (const { replace, n, by } of actions) {
            if (replace) numbers.replace(n, by);
            else numbers.unreplace(n);
          }
          for (let from = 0, batchNumber = 0; from < numbers.transitions.length; batchNumber++) {
            const to = from + (sizes[batchNumber] ?? 4);
            // Each batch is applied twice, and starts with a few transitions of the batch before.
            const batch = numbers.transitions.slice(Math.max(0, from - 3), to);
            await db.transaction((tx) => applyTransitions(tx, batch));
            await db.transaction((tx) => applyTransitions(tx, batch));
            from = to;
          }
          for (const [n, { number }] of numbers.numbers.entries()) {
            const [row] = await db.query<Row>(
              `select n.state::text, p.person_id as owner from numbers n left join merges m on m.person = n.person
               join persons p on p.person = coalesce(m.survivor, n.person) where n.number = $1`,
              [number],
            );
            expect(row).toEqual({ state: numbers.stateOf(n), owner: numbers.ownerOf(n) });
          }
        },
      ),
      {
        numRuns: 40,
        // A number that is assigned, replaced twice and restored within one batch: this failed once.
        examples: [
          [
            [
              { replace: true, n: 3, by: 0 },
              { replace: true, n: 0, by: 1 },
              { replace: false, n: 0, by: 0 },
            ],
            [2, 1, 7],
          ],
        ],
      },
    );
  });
});
