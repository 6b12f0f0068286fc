import { run } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { generatedPeople, generatedSsins } from '../people.js';
import { ROOT, type WholeMesh } from '../whole-mesh.js';

const COMMAND = join(ROOT, 'libs', 'client', 'dist', 'cli', 'crossroads.js');
/** Registered: the first three. */
const [FIRST = '', SECOND = '', STRANGER = '', NEW = ''] = generatedSsins(4, 20);

/** Changes of numbers by command line, as the officials do it who try the mesh. */
export const twoOfficials = (running: () => WholeMesh): void => {
  let mesh: WholeMesh;
  beforeAll(async () => {
    mesh = running();
    await mesh.load(() => generatedPeople(3, 20));
  });

  const crossroads = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, CROSSROADS_DATA: mesh.local.folder.path };
    return (await run(process.execPath, [COMMAND, ...args], { env })).output;
  };
  const numbers = (as: string, official: string, ...args: readonly string[]) =>
    crossroads('numbers', ...args, '--as', as, '--official', official);
  const register = (...args: readonly string[]) => numbers('national-register', 'desk-1', ...args);
  const municipality = (...args: readonly string[]) => numbers('municipality', 'desk-1', ...args);
  const listOf = (ssin: string) => crossroads('accesses', '--ssin', ssin, '--without-own');
  const idIn = (line: string): string => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(line)?.[0] ?? '';

  it('two persons are made one by officials of two reporters only, and both persons read each step at once', async () => {
    const merge = ['--ssin', FIRST, '--by', SECOND];
    expect(await register('replace', ...merge)).toMatch(/^TWO_PERSONS: /);
    const proposalId = idIn(await register('propose-merge', ...merge));
    expect(proposalId).not.toBe('');
    expect(await register('confirm', proposalId, ...merge)).toMatch(/^SAME_OFFICIAL: /);
    const colleague = await numbers('national-register', 'desk-2', 'confirm', proposalId, ...merge);
    expect(colleague).toMatch(/^SAME_REPORTER: /);
    expect(await municipality('confirm', proposalId, '--ssin', SECOND, '--by', FIRST)).toMatch(/^OTHER_NUMBERS: /);
    expect(await municipality('confirm', proposalId, ...merge)).toMatch(/^confirmed; it takes effect at /);
    for (const ssin of [FIRST, SECOND]) {
      const list = await eventually(
        () => listOf(ssin),
        (text) => text.includes(`confirmed, from`),
      );
      expect(list).toContain(`you and another person are one: proposed; proposal ${proposalId}`);
      expect(list).not.toContain(ssin === FIRST ? SECOND : FIRST);
    }
    expect(await municipality('contest', proposalId)).toBe('contested');
    for (const ssin of [FIRST, SECOND])
      await eventually(
        () => listOf(ssin),
        (text) => text.includes('are one: contested'),
      );
  });

  it('a person contests a proposal about their own numbers, signed in at the portal, and of nobody else', async () => {
    const proposalId = idIn(await register('propose-merge', '--ssin', FIRST, '--by', SECOND));
    expect(await crossroads('contest', proposalId, '--ssin', STRANGER)).toMatch(/^UNKNOWN_PROPOSAL: /);
    const noPortal = await crossroads('contest', proposalId, '--ssin', FIRST, '--as', 'municipality');
    expect(noPortal).toMatch(/^--as municipality: the sign-in provider knows no front end/);
    expect(await crossroads('contest', proposalId, '--ssin', FIRST)).toBe('contested');
    for (const ssin of [FIRST, SECOND])
      await eventually(
        () => listOf(ssin),
        (text) => text.includes(`are one: contested by a person concerned; proposal ${proposalId}`),
      );
  });

  it('a new number takes one official, and a cancellation two', async () => {
    expect(await register('replace', '--ssin', FIRST, '--by', NEW)).toBe('replaced');
    expect(await register('unreplace', '--ssin', FIRST)).toBe('taken apart');
    const proposalId = idIn(await register('propose-cancellation', '--ssin', FIRST));
    expect(await register('confirm', proposalId, '--ssin', FIRST)).toMatch(/^SAME_OFFICIAL: /);
    expect(await municipality('confirm', proposalId, '--ssin', FIRST)).toMatch(/^confirmed/);
    expect(await register('propose-cancellation', '--ssin', FIRST)).toMatch(/^SSIN_CANCELED: /);
  });
};
