import { newRequestId } from '@crossroads/grpc';
import { openDatabase } from '@crossroads/database';
import { refusalOf } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { born, named, testNumber } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start();
}, 90_000);
afterAll(() => registry.close(), 30_000);

describe('a person of whom a newer version has written an event', () => {
  const change = (ssin: string) =>
    registry.as(NATIONAL_REGISTER).changePerson({
      ...{ requestId: newRequestId(), ssin, expectedSourceRevision: 0n },
      facts: [named('Changed')],
    });

  it.each([
    ['type', `type = 'PersonPromoted'`],
    ['schema version', 'schema_version = 2'],
  ])(
    'is not changed by a version that does not know its %s: it says that a newer one is needed',
    async (_, written) => {
      const ssin = testNumber(1950, 1, written.length, 1);
      await registry
        .as(NATIONAL_REGISTER)
        .registerPerson({ requestId: newRequestId(), ssin, facts: [named('Family'), born('1980-00-00')] });
      const admin = await openDatabase({ url: registry.database.adminUrl });
      await admin.query(`update es.events set ${written} where type = 'PersonRegistered'`);
      await admin.query('delete from person_snapshots');
      await admin.close();
      expect(await refusalOf(change(ssin))).toMatchObject({ code: status.UNAVAILABLE, reason: 'NEEDS_NEWER_VERSION' });
    },
  );
});
