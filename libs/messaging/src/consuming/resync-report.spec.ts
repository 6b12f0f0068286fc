import { describe, expect, it } from '@jest/globals';
import { lostPersonsIn } from './lost-persons.js';
import type { Resynced } from './resync-partition.js';
import { resyncAll } from './resync-report.js';

const PERSON = '00000000-0000-4000-8000-00000000000a';
const about = { logId: '11111111-0000-4000-8000-000000000000', source: 'urn:crossroads:service:person-registry' };
const LOST = { dataService: 'person.identification.v1', personId: PERSON, sourceRevision: 7n, changes: 2 };
const wentBack = (startedGeneration?: number): Resynced => ({
  ...about,
  state: 'FORKED',
  mark: { position: 40n, hash: '' },
  phantoms: { ...about, topic: 'topic', partition: 1, after: 40n, upTo: 47n, since: new Date(0) },
  report: ['2 deliveries were made.'],
  lost: [LOST],
  startedGeneration,
});

describe('a resync of all partitions', () => {
  const run = async (outcomes: readonly (readonly Resynced[] | Error)[]) => {
    const said: string[] = [];
    const asked: number[] = [];
    const resync = async (partition: number) => {
      asked.push(partition);
      const outcome = outcomes[partition] ?? [];
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    const failure = await resyncAll([...outcomes.keys()], resync, (line) => void said.push(line)).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { said, asked, failure };
  };

  it('ends with a table that has a line for each, and prints what a re-assertion reads', async () => {
    const { said, failure } = await run([[], [wentBack(1)], [{ ...about, state: 'COMMON' }], [wentBack()]]);
    expect(failure).toBeUndefined();
    expect(said).toContain('partition 1: Generation 1 goes on from there by itself.');
    expect(said.slice(-5).map((line) => line.split(/ {2,}/))).toEqual([
      ['partition', 'source', 'state', 'in common', 'taken after it', 'persons lost', 'generation'],
      ['0', '-', 'nothing read', '-', '-', '-', '-'],
      ['1', about.source, 'went back', '40', '7', '1', '1'],
      ['2', about.source, 'in step', '-', '-', '-', '-'],
      ['3', about.source, 'went back', '40', '7', '1', 'not confirmed'],
    ]);
    expect(lostPersonsIn(said.join('\n'))).toEqual([LOST]);
  });

  it('goes on behind one that fails, and fails in the end', async () => {
    const { said, asked, failure } = await run([new Error('the publisher does not answer'), [wentBack(1)]]);
    expect(asked).toEqual([0, 1]);
    expect(said).toContain('partition 0: failed: the publisher does not answer');
    expect(said.join('\n')).toMatch(/^0 +- +failed/m);
    expect(failure).toBe('partitions 0 failed; repeat it, the others do not change');
  });
});
