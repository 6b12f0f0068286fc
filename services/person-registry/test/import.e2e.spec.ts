import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Fact } from '@crossroads/contracts/person/v1/person';
import type { ImportPersonsRequest } from '@crossroads/contracts/person/v1/person_service';
import { newRequestId } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { ALL_RIGHTS, spkiHash } from '@crossroads/testing/mesh';
import { readPersonFolder } from '@crossroads/local/people';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, died, livesIn, named, nextNumber } from './persons.js';
import { all, MUNICIPALITY, NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const MAGDA_MOCK = fileURLToPath(new URL('../../../../../shared/data/magda-mock', import.meta.url));

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  asRegister = registry.as(NATIONAL_REGISTER);
}, 90_000);
afterAll(() => registry.close(), 30_000);

/** The whole of an import: its last word, and every refusal that was told on the way. */
const importAll = async (records: AsyncIterable<ImportPersonsRequest>) => {
  const told = await all(asRegister.importPersons(records));
  const { recordsRead, registered, changed, unchanged, done } = told.at(-1) ?? {};
  const refused = told.flatMap((progress) => progress.refused);
  return { read: recordsRead, registered, changed, unchanged, done, refused };
};

async function* sent(
  ...records: readonly (readonly [string, string, ...Fact[]])[]
): AsyncGenerator<ImportPersonsRequest> {
  for (const [reference, ssin, ...facts] of records) yield { reference, ssin, facts };
}

describe('an import', () => {
  it.each([
    ['key', 'KEY_NOT_REGISTERED', { spkiHashes: [] }],
    ['right', 'RIGHT_MISSING', { rights: ['consult'] }],
  ])('is broken off when the %s of its sender is withdrawn', async (_what, reason, withdrawn) => {
    const registered = {
      ...ALL_RIGHTS,
      enterpriseNumber: NATIONAL_REGISTER,
      name: 'desk',
      spkiHashes: [spkiHash(registry.certificate(NATIONAL_REGISTER))],
    };
    const register = (more: Partial<typeof registered>, told: string) => {
      registry.policy.put({ $case: 'application', value: { ...registered, ...more } });
      const nobody = { requestId: newRequestId(), ssin: '', facts: [] };
      return eventually(
        () => refusalOf(asRegister.registerPerson(nobody)),
        (refusal) => refusal.reason === told,
      );
    };
    const [before, after] = [nextNumber(), nextNumber()];
    const records = async function* (): AsyncGenerator<ImportPersonsRequest> {
      yield { reference: 'before', ssin: before, facts: [named('Maes')] };
      await register(withdrawn, reason);
      yield { reference: 'after', ssin: after, facts: [named('Maes')] };
    };
    expect(await refusalOf(importAll(records()))).toMatchObject({ reason });
    await register({}, 'INVALID_INPUT');
    expect(await importAll(sent(['after', after, named('Maes')]))).toMatchObject({ registered: 1n });
  });

  it('takes who is good and says why of the others', async () => {
    const [a, b, replaced, canceled] = [nextNumber(), nextNumber(), nextNumber(), nextNumber()];
    for (const ssin of [replaced, canceled])
      await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Peeters')] });
    await registry.replace(replaced, nextNumber());
    await registry.cancel(canceled);

    const { refused, ...counts } = await importAll(
      sent(
        ['line 1', a, named('Maes'), born('1980-01-01')],
        ['line 2', '62691699718', named('Maes')],
        ['line 3', '', named('Maes')],
        ['line 4', '99139999902', named('Maes')],
        ['line 5', nextNumber(), livesIn('Naamsestraat')],
        ['line 6', nextNumber(), named('Maes'), born('1980-01-02'), died('1980-01-01')],
        ['line 7', nextNumber(), named('Maes'), livesIn('Naamsestraat', '2020-01-02', '2020-01-01')],
        ['line 8', nextNumber()],
        ['line 9', replaced, named('Maes')],
        ['line 10', canceled, named('Maes')],
        ['line 11', b, named('Claes')],
      ),
    );
    expect(counts).toEqual({ read: 11n, registered: 2n, changed: 0n, unchanged: 0n, done: true });
    expect(refused.map(({ reference, reason }) => [reference, reason])).toEqual(
      expect.arrayContaining([
        ['line 2', 'SSIN_CHECKSUM'],
        ['line 3', 'REQUIRED'],
        ['line 4', 'SSIN_CHECKSUM'],
        ['line 5', 'NAME_REQUIRED'],
        ['line 6', 'DEATH_BEFORE_BIRTH'],
        ['line 7', 'INVALID_PERIOD'],
        ['line 8', 'REQUIRED'],
        ['line 9', 'SSIN_REPLACED'],
        ['line 10', 'SSIN_CANCELED'],
      ]),
    );
    expect(refused).toHaveLength(9);
  });

  it('changes nothing the second time, and what is new the third', async () => {
    const [a, b] = [nextNumber(), nextNumber()];
    const people = () =>
      sent(
        ['1', a, named('Maes'), livesIn('Naamsestraat', '2010-01-01')],
        ['2', b, named('Claes'), livesIn('Oude Markt', '2011-01-01')],
      );
    expect(await importAll(people())).toMatchObject({ registered: 2n });
    expect(await importAll(people())).toMatchObject({ registered: 0n, changed: 0n, unchanged: 2n });
    const moved = sent(['1', a, named('Maes'), livesIn('Parkstraat', '2020-01-01')], ['2', b, named('Claes')]);
    expect(await importAll(moved)).toMatchObject({ registered: 0n, changed: 1n, unchanged: 1n });
    // What was imported first is history now, and does not come back.
    expect(await importAll(people())).toMatchObject({ changed: 0n, unchanged: 2n });
  });

  it('takes a number that comes twice in the order in which it comes', async () => {
    const ssin = nextNumber();
    const twice = sent(
      ['1', ssin, named('Maes')],
      ['2', ssin, named('Maes')],
      ['3', ssin, named('Maes'), livesIn('Meir')],
    );
    expect(await importAll(twice)).toMatchObject({ registered: 1n, unchanged: 1n, changed: 1n, refused: [] });
  });

  it('ends at once when nothing is sent, and answers a slow sender before it ends', async () => {
    expect(await importAll(sent())).toMatchObject({ read: 0n, done: true });
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<ImportPersonsRequest> {
      yield { reference: '1', ssin: nextNumber(), facts: [named('Maes')] };
      await enough;
    }
    const told: bigint[] = [];
    for await (const { registered } of asRegister.importPersons(slow())) {
      told.push(registered);
      if (registered === 1n) resolve();
    }
    expect(told.length).toBeGreaterThan(1);
  });

  it('is for those who report names and births', async () => {
    const municipality = registry.as(MUNICIPALITY);
    await expect(all(municipality.importPersons(sent()))).rejects.toMatchObject({ reason: 'FIELD_GROUP_NOT_REPORTED' });
  });
});

const whereItLies = existsSync(MAGDA_MOCK) ? describe : describe.skip;
if (!existsSync(MAGDA_MOCK)) process.stderr.write(`skipped: ${MAGDA_MOCK} is not there\n`);

whereItLies('the Flemish mock', () => {
  it('goes in but for six files, each with its reason; twice changes nothing', async () => {
    const unread: string[] = [];
    async function* people(): AsyncGenerator<ImportPersonsRequest> {
      unread.length = 0;
      for await (const record of readPersonFolder(MAGDA_MOCK, dayOf(new Date()))) {
        if ('refused' in record) unread.push(record.refused);
        else yield record;
      }
    }
    const first = await importAll(people());
    expect(first).toMatchObject({ read: 303n, registered: 298n, changed: 0n, unchanged: 0n, done: true });
    expect(first.refused.map(({ reason }) => reason).sort()).toEqual([
      'DEATH_BEFORE_BIRTH',
      'SSIN_CHECKSUM',
      'SSIN_CHECKSUM',
      'SSIN_IMPOSSIBLE_DATE',
      'SSIN_IMPOSSIBLE_DATE',
    ]);
    expect(unread).toEqual(['NO_PERSON']);
    expect(first.refused.every(({ reference }) => !/\d{11}/.test(reference))).toBe(true);

    const second = await importAll(people());
    expect(second).toMatchObject({ read: 303n, registered: 0n, changed: 0n, unchanged: 298n });
    expect(second.refused).toHaveLength(5);
  });
});
