import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId } from '@crossroads/grpc';
import { allRows, eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileLine, sendFile, WHOLE } from './requests.js';
import { nextNumber } from './numbers.js';
import { RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const PEOPLE = [nextNumber(), nextNumber(), nextNumber()];
let directory: RunningDirectory;

beforeAll(async () => {
  directory = await RunningDirectory.start();
}, 90_000);
afterAll(() => directory.close(), 30_000);

describe('SSINs', () => {
  it('no table, topic, key, header or line of output contains an SSIN', async () => {
    for (const ssin of PEOPLE) await directory.registry.assign(ssin);
    const asOffice = directory.as(WELFARE_OFFICE);
    const list = (ssin: string) => asOffice.listInscriptions({ institution: '', ssin, pageSize: 0, pageToken: '' });
    const asExchange = directory.as('exchange');
    for (const ssin of PEOPLE)
      await eventually(
        () => asExchange.check({ person: { by: { $case: 'ssin', value: ssin } }, institutions: [], date: undefined }),
        ({ state }) => state === NumberState.NUMBER_STATE_VALID,
      );
    asExchange.close();
    const [first = '', ...others] = PEOPLE;
    await asOffice.inscribe({
      requestId: newRequestId(),
      institution: '',
      ssin: first,
      inscriptionContext: '17/2',
      period: WHOLE,
    });
    await sendFile(asOffice, [others.map((ssin) => fileLine(ssin)), [fileLine(nextNumber())]]);
    expect((await list('')).inscriptions.map(({ ssin }) => ssin).sort()).toEqual([...PEOPLE].sort());
    await asOffice.uninscribe({
      requestId: newRequestId(),
      institution: '',
      ssin: first,
      inscriptionContext: '17/2',
      endDate: undefined,
    });
    asOffice.close();
    const everything = [
      ...(await Promise.all(directory.mesh.allDatabases.map(({ adminUrl }) => allRows(adminUrl)))).flat(),
      directory.process.output,
    ].join('\n');
    expect(everything).toContain(WELFARE_OFFICE);
    for (const ssin of PEOPLE) {
      expect(everything).not.toContain(ssin);
      expect(everything).not.toContain(ssin.slice(0, 9));
    }
  });
});
