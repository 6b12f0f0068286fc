import type { InscribeFileRequest } from '@crossroads/contracts/directory/v1/directory_service';
import { openDatabase } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { ALL_RIGHTS, spkiHash } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testNumber } from './numbers.js';
import { fileLine, refusalOf, sendFile } from './requests.js';
import { type Directory, HEALTH_FUND, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const PEOPLE = Array.from({ length: 60 }, (_, n) => testNumber(n));
const CHUNKS = [PEOPLE.slice(0, 20), PEOPLE.slice(20, 40), PEOPLE.slice(40)].map((people) =>
  people.map((ssin) => fileLine(ssin)),
);
let directory: RunningDirectory;
let asOffice: Directory;
let asFund: Directory;
let asExchange: Directory;

beforeAll(async () => {
  directory = await RunningDirectory.start(async (registry) => {
    for (const ssin of PEOPLE) await registry.assign(ssin);
  });
  connectAll();
  await eventually(
    () => batch(PEOPLE),
    (results) => results.every(({ personId }) => personId !== ''),
  );
}, 90_000);
afterAll(async () => {
  closeAll();
  await directory.close();
}, 30_000);

const closeAll = () => {
  for (const connection of [asOffice, asFund, asExchange]) connection.close();
};
const connectAll = () => {
  [asOffice, asFund, asExchange] = [directory.as(WELFARE_OFFICE), directory.as(HEALTH_FUND), directory.as('exchange')];
};
const batch = async (people: readonly string[]) =>
  (
    await asExchange.batchCheck({
      persons: people.map((ssin) => ({ by: { $case: 'ssin', value: ssin } })),
      institutions: [],
      date: undefined,
    })
  ).results;
const inscribedBy = async (institution: string, people: readonly string[] = PEOPLE) =>
  (await batch(people)).filter(({ inscriptions }) => inscriptions.some((one) => one.institution === institution))
    .length;
/** Those of inscriptions, without the lines that persons read of them. */
const eventCount = async () => {
  const db = await openDatabase({ url: directory.mesh.database.url, poolSize: 1 });
  const [row] = await db.query<{ count: bigint }>("select count(*) from es.events where type <> 'PersonsInscribed'");
  await db.close();
  return Number(row?.count);
};

describe('the file of an institution', () => {
  it('a file is applied chunk by chunk, with progress and the refused lines', async () => {
    const before = await eventCount();
    const unknown = testNumber(5_000);
    const chunks = [
      [fileLine(PEOPLE[0] ?? ''), fileLine('85073003329'), fileLine(unknown)],
      [
        fileLine(PEOPLE[1] ?? '', 'none'),
        fileLine(PEOPLE[0] ?? ''),
        {
          ...fileLine(PEOPLE[1] ?? ''),
          period: { startDate: { year: 2021, month: 1, day: 1 }, endDate: { year: 2020, month: 1, day: 1 } },
        },
      ],
    ];
    const answers = await sendFile(asFund, chunks);
    expect(answers.map(({ linesRead, changed, unchanged, done }) => [linesRead, changed, unchanged, done])).toEqual([
      [3n, 1n, 0n, false],
      [6n, 1n, 1n, false],
      [6n, 1n, 1n, true],
    ]);
    expect(answers.flatMap(({ refused }) => refused.map(({ line, reason }) => [line, reason]))).toEqual([
      [2n, 'SSIN_CHECKSUM'],
      [3n, 'NUMBER_NOT_USABLE'],
      [4n, 'MALFORMED_CONTEXT'],
      [6n, 'INVALID_PERIOD'],
    ]);
    expect(answers.flatMap(({ refused }) => refused).every(({ description }) => description.length > 10)).toBe(true);
    expect(await eventCount()).toBe(before + 1);
  });

  it('a file that was cancelled and sent again is applied once', async () => {
    const requestId = newRequestId();
    const before = await eventCount();
    await sendFile(asOffice, CHUNKS, { requestId, cancelAfter: 1 });
    const answers = await sendFile(asOffice, CHUNKS, { requestId });
    expect(answers.at(-1)).toMatchObject({ linesRead: 60n, changed: 60n, unchanged: 0n, done: true });
    expect(await inscribedBy(WELFARE_OFFICE)).toBe(60);
    // The same request id gets the stored answers, a new one the current state.
    expect((await sendFile(asOffice, CHUNKS, { requestId })).at(-1)).toMatchObject({ changed: 60n, unchanged: 0n });
    expect((await sendFile(asOffice, CHUNKS)).at(-1)).toMatchObject({ changed: 0n, unchanged: 60n });
    expect(await eventCount()).toBe(before + 3);
  });

  it('a file can be sent again after the service was killed', async () => {
    const requestId = newRequestId();
    const chunks = CHUNKS.map((lines) => lines.map((line) => ({ ...line, inscriptionContext: '17/5' })));
    await sendFile(asOffice, chunks, { requestId, cancelAfter: 2 });
    await directory.process.stop('SIGKILL');
    await directory.process.launch();
    // The old connections may still be in their reconnect backoff.
    closeAll();
    connectAll();
    const answers = await sendFile(asOffice, chunks, { requestId });
    expect(answers.at(-1)).toMatchObject({ linesRead: 60n, changed: 60n, unchanged: 0n, done: true });
    for (const { inscriptions } of await batch(PEOPLE)) {
      const own = inscriptions.filter(({ institution }) => institution === WELFARE_OFFICE);
      expect(own.map(({ inscriptionContext }) => inscriptionContext).sort()).toEqual(['17/2', '17/5']);
    }
  }, 60_000);

  it('another file under the same request id is refused', async () => {
    const requestId = newRequestId();
    await sendFile(asOffice, CHUNKS.slice(0, 1), { requestId });
    expect(await refusalOf(sendFile(asOffice, CHUNKS.slice(1, 2), { requestId }))).toBe('REQUEST_ID_REUSED');
  });

  it.each([
    ['key', 'KEY_NOT_REGISTERED', { spkiHashes: [] }],
    ['right', 'RIGHT_MISSING', { rights: ['consult'] }],
  ])('a file is broken off when the %s of its sender is withdrawn', async (_what, reason, withdrawn) => {
    const registered = {
      ...ALL_RIGHTS,
      enterpriseNumber: HEALTH_FUND,
      name: 'desk',
      spkiHashes: [spkiHash(directory.certificate(HEALTH_FUND))],
    };
    const register = (more: Partial<typeof registered>, until: string) => {
      directory.mesh.policy.put({ $case: 'application', value: { ...registered, ...more } });
      const list = { institution: '', ssin: '', pageSize: 1, pageToken: '' };
      return eventually(
        () => refusalOf(asFund.listInscriptions(list)),
        (told) => told === until,
      );
    };
    const isWithdrawn = Promise.withResolvers<void>();
    const requests = async function* (): AsyncGenerator<InscribeFileRequest> {
      yield { part: { $case: 'header', value: { requestId: newRequestId(), institution: '', uninscribe: false } } };
      yield { part: { $case: 'chunk', value: { lines: [fileLine(PEOPLE[0] ?? '', '21/1')] } } };
      await isWithdrawn.promise;
      yield { part: { $case: 'chunk', value: { lines: [fileLine(PEOPLE[1] ?? '', '21/1')] } } };
    };
    const answers: bigint[] = [];
    const send = async () => {
      for await (const { linesRead } of asFund.inscribeFile(requests())) {
        answers.push(linesRead);
        if (answers.length > 1) continue;
        await register(withdrawn, reason);
        isWithdrawn.resolve();
      }
    };
    const told = await refusalOf(send());
    await register({}, 'accepted');
    expect([told, answers]).toEqual([reason, [1n]]);
  });

  it('two institutions can send files about the same persons at the same time', async () => {
    const [ours, theirs] = [CHUNKS, [...CHUNKS].reverse()].map((chunks) =>
      chunks.map((lines) => lines.map((line) => ({ ...line, inscriptionContext: '40/1' }))),
    );
    await Promise.all([sendFile(asOffice, ours ?? []), sendFile(asFund, theirs ?? [])]);
    for (const { inscriptions } of await batch(PEOPLE))
      expect(inscriptions.filter(({ inscriptionContext }) => inscriptionContext === '40/1')).toHaveLength(2);
  });

  it('a file can uninscribe', async () => {
    const [chunk = []] = CHUNKS;
    expect((await sendFile(asOffice, [chunk], { uninscribe: true })).at(-1)).toMatchObject({ changed: 20n });
    const answers = await batch(PEOPLE.slice(0, 20));
    expect(
      answers
        .flatMap(({ inscriptions }) => inscriptions.filter(({ inscriptionContext }) => inscriptionContext === '17/2'))
        .filter(({ institution }) => institution === WELFARE_OFFICE),
    ).toEqual([]);
  });
});
