import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { ErasureReason } from '@crossroads/contracts/person/v1/erasure_service';
import type { Fact } from '@crossroads/contracts/person/v1/person';
import { newRequestId } from '@crossroads/grpc';
import { eventually, freePort } from '@crossroads/testing';
import { allPublished } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FIELD_GROUPS } from '../src/person/facts.js';
import { born, livesIn, named, nationality, nextNumber } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const SERVICE = 'person.identification.v1';
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('reassert', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-reassert-'));
  const file = join(folder, 'lost.txt');
  let registry: RunningRegistry;
  let asRegister: ReturnType<RunningRegistry['as']>;

  beforeAll(async () => {
    registry = await RunningRegistry.start();
    asRegister = registry.as(NATIONAL_REGISTER);
  }, 90_000);
  afterAll(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const register = async (...facts: Fact[]) => {
    const ssin = nextNumber();
    await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Peeters'), ...facts] });
    return { ssin, personId: (await last(ssin, 1n))?.personId ?? '' };
  };
  const change = (ssin: string, ...facts: Fact[]) =>
    asRegister.changePerson({ requestId: newRequestId(), ssin, facts, expectedSourceRevision: 0n });
  const published = async () => allPublished(registry.eventsAs('reference-directory'), 'crossroads.person.v1');
  const mutations = async (ssin: string): Promise<Mutation[]> =>
    (await published()).flatMap(({ event }) => {
      if (!event?.type.endsWith('persons.notify.changed')) return [];
      const mutation = Mutation.decode(event.data);
      return mutation.ssin === ssin ? [mutation] : [];
    });
  /** The last mutation of a number, once it has this revision: positions are given a moment after the append. */
  const upTo = async (ssin: string, revision: bigint): Promise<Mutation[]> =>
    eventually(
      () => mutations(ssin),
      (all) => all.at(-1)?.sourceRevision === revision,
    );
  const last = async (ssin: string, revision: bigint) => (await upTo(ssin, revision)).at(-1);
  const reassert = (...lines: readonly string[]) => {
    writeFileSync(file, lines.join('\n'));
    return registry.run(['reassert', file]);
  };
  const lost = (personId: string, seen: number) => `lost ${SERVICE} ${personId} ${seen} 1`;

  it('states a person again as a whole, above the revision that was seen, and what is reported then follows on it', async () => {
    const { ssin, personId } = await register(born('1985-07-30'), livesIn('Meir', '2010-01-01'));
    await change(ssin, livesIn('Naamsestraat', '2020-01-01'), nationality('150'));
    const { code, output } = await reassert('log 1 of somebody: something', lost(personId, 7), lost(personId, 5), '');
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('stated again: 1 persons') });
    expect(output).not.toContain(ssin);
    const stated = await last(ssin, 8n);
    expect(stated).toMatchObject({
      personId,
      sourceRevision: 8n,
      reporter: 'service:person-registry',
      reasserted: true,
    });
    expect(stated?.data).toEqual({
      name: { familyNames: ['Peeters'], givenNames: ['Marie'] },
      birth: { date: '1985-07-30' },
      address: expect.objectContaining({ street: 'Naamsestraat', since: '2020-01-01' }),
      nationalities: [{ code: '150' }],
    });
    // Also what is not known here: a subscriber may hold a value that was lost.
    expect(stated?.changedFieldGroups).toEqual(expect.arrayContaining([...FIELD_GROUPS, 'municipality']));
    expect((await change(ssin, livesIn('Coupure', '2021-01-01'))).sourceRevision).toBe(9n);
    expect((await registry.supplied(ssin)).sourceRevision).toBe(9n);
  });

  it('appends once for the same file, and again for a higher revision', async () => {
    const { ssin, personId } = await register();
    const once = [lost(personId, 3)];
    expect((await reassert(...once)).output).toContain('stated again: 1 persons');
    await change(ssin, livesIn('Coupure', '2021-01-01'));
    expect((await reassert(...once)).output).toContain('stated before: 1 persons');
    expect((await upTo(ssin, 5n)).map(({ sourceRevision }) => sourceRevision)).toEqual([1n, 4n, 5n]);
    expect((await reassert(lost(personId, 9))).output).toContain('stated again: 1 persons');
    expect((await upTo(ssin, 10n)).length).toBe(4);
  });

  it('states what begins later as it will be then, as a report does', async () => {
    const { ssin, personId } = await register(
      livesIn('Meir', '2010-01-01'),
      nationality('150', '2010-01-01', '2098-12-31'),
    );
    await change(ssin, livesIn('Coupure', '2099-03-01'));
    await reassert(lost(personId, 7));
    expect((await last(ssin, 8n))?.data).toMatchObject({
      address: { street: 'Coupure' },
      nationalities: [{ code: '150' }],
    });
  });

  it('states it under the number that the person has now, and of merged persons the one who remains', async () => {
    const [one, other] = [await register(livesIn('Meir')), await register(livesIn('Coupure'))];
    const [renumbered, newNumber] = [await register(), nextNumber()];
    await registry.merge(one.ssin, other.ssin);
    await registry.replace(renumbered.ssin, newNumber);
    const before = (await mutations(one.ssin)).length;
    const { output } = await reassert(lost(one.personId, 4), lost(renumbered.personId, 4));
    expect(output).toContain('stated again: 2 persons');
    expect(await last(other.ssin, 5n)).toMatchObject({
      ...{ personId: other.personId, sourceRevision: 5n, data: { address: { street: 'Coupure' } } },
    });
    expect(await mutations(one.ssin)).toHaveLength(before);
    expect(await last(newNumber, 5n)).toMatchObject({ personId: renumbered.personId, sourceRevision: 5n });
  });

  it('names those whom the registry does not know any more, and passes over those who were erased', async () => {
    const { ssin, personId } = await register();
    const reason = ErasureReason.ERASURE_REASON_UNLAWFUL;
    await registry.erasuresAs(NATIONAL_REGISTER).erasePerson({ requestId: newRequestId(), ssin, reason });
    const { code, output } = await reassert(lost(personId, 4), lost(NOBODY, 2));
    expect(code).toBe(0);
    expect(output).toContain('erased: 1 persons');
    expect(output).toContain('not known: 1 persons');
    expect(output).toContain(`\n${NOBODY}\n`);
  });

  it.each([
    ['what no resync has printed', ['hello'], 'there is no line that begins with "lost"'],
    ['a line that it cannot read', ['lost', `lost ${SERVICE} 85673000185 3 1`], 'line 2 is not "lost <data service>'],
    ['another data service', [`lost employment.wages.v1 ${NOBODY} 3 1`], `1 lines are not of ${SERVICE}`],
  ])('refuses %s, and appends nothing', async (_, lines, reason) => {
    const before = (await published()).length;
    const { code, output } = await reassert(...lines);
    expect(code).toBe(1);
    expect(output).toContain(`cannot reassert: ${reason}`);
    expect((await published()).length).toBe(before);
  });

  it('reads standard input, too', async () => {
    const { ssin, personId } = await register();
    const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
    const env = {
      ...process.env,
      ...registry.environment(),
      MESH_PORT: String(await freePort()),
      INSTITUTIONS_PORT: String(await freePort()),
    };
    const child = spawn(process.execPath, [main, 'reassert', '-'], { env, stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin?.end(`${lost(personId, 6)}\n`);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect((await last(ssin, 7n))?.reasserted).toBe(true);
  });

  it('refuses a file that is not there', async () => {
    expect((await registry.run(['reassert', join(folder, 'none.txt')])).output).toContain('no such file');
  });
});
