import { newRequestId } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { named, nextNumber } from './persons.js';
import { all, NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start({ CROSSROADS_MODE: 'production' });
}, 90_000);
afterAll(() => registry.close(), 30_000);

/** Of belgif's examples: a register number as real people have them. */
const REAL = '53480200724';

describe('in production', () => {
  it('test numbers are nobody', async () => {
    const asRegister = registry.as(NATIONAL_REGISTER);
    const request = { requestId: newRequestId(), ssin: nextNumber(), facts: [named('Maes')] };
    await expect(asRegister.registerPerson(request)).rejects.toMatchObject({
      violations: [{ field: 'ssin', reason: 'SSIN_TEST_NUMBER_IN_PRODUCTION' }],
    });
    async function* records() {
      yield { reference: 'line 1', ssin: nextNumber(), facts: [named('Maes')] };
    }
    const told = await all(asRegister.importPersons(records()));
    expect(told.at(-1)).toMatchObject({ refused: [{ reason: 'SSIN_TEST_NUMBER_IN_PRODUCTION' }] });
    const real = { ...request, requestId: newRequestId(), ssin: REAL };
    await expect(asRegister.registerPerson(real)).resolves.toEqual({ sourceRevision: 1n });
  });

  it.each(['DATABASE_URL', 'KEYS_DATABASE_URL', 'EMBEDDED_LOG_URL'])(
    'nothing starts, and nothing is migrated, when the server of %s would not be verified',
    async (name) => {
      const unverified = { [name]: 'postgres://role:secret@localhost:5432/database?sslmode=require' };
      const other = await RunningRegistry.prepare({ CROSSROADS_MODE: 'production', ...unverified });
      try {
        const start = other.launch();
        await expect(start).rejects.toThrow(`${name} must say sslmode=verify-full in production`);
        await expect(start).rejects.not.toThrow('secret');
      } finally {
        await other.close();
      }
    },
    60_000,
  );
});
