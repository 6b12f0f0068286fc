import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { IDENTIFICATION, type Imported, PURPOSES, STATUSES, WAGES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { recordedAccesses } from '../recorded-accesses.js';
import { citizenSees } from '../citizen.js';
import { askedReference, keptReferences } from '../kept-receipts.js';
import { move } from '../load.js';
import { progress, ROOT, type WholeMesh } from '../whole-mesh.js';
import { distinct, faultsOf, readTopic, type TopicReader } from '../topic-reader.js';

const FOLDER = join(ROOT, '..', 'shared', 'data', 'magda-mock');
/** Data of the Flemish mock (see its NOTICE), if it is on this machine. */
export const FLEMISH_MOCK = existsSync(FOLDER) ? FOLDER : undefined;
const MOVERS = 40;

let mesh: WholeMesh;
let imported: Imported;
let reader: TopicReader;
let subscriptionId: string;

if (FLEMISH_MOCK === undefined) progress(`SKIPPED, the Flemish mock is absent: ${FOLDER}`);

/** The people of the Flemish mock, on a mesh whose sources have them. Skipped without the mock. */
export const theFlemishMock = (running: () => WholeMesh): void => {
  if (FLEMISH_MOCK === undefined) {
    it.todo('needs the Flemish mock');
    return;
  }

  beforeAll(async () => {
    mesh = running();
    imported = await mesh.load(mesh.population.people);
    await mesh.decide('health-fund', 'welfare-office');
    const ssins = imported.people.map(({ ssin }) => ssin);
    await mesh.inscribe('health-fund', ssins);
    await mesh.inscribe('welfare-office', ssins);
    ({ subscriptionId } = await mesh.subscribe('health-fund'));
    reader = await readTopic(mesh, 'health-fund');
  });

  afterAll(() => reader?.close());

  const consult = (ssin: string, ...dataServices: string[]) =>
    mesh.as('welfare-office').consult({ ssin, legalContext: PURPOSES['welfare-office'].legalContext, dataServices });

  const expectRecordedOnce = async (tickets: readonly string[]) => {
    expect(await recordedAccesses(mesh, tickets)).toEqual({
      notOnceInJournal: [],
      notOnceInAudit: [],
      open: 0,
      missing: 0,
    });
  };

  it('every person in the files of the mock is imported or refused with a reason', () => {
    const files = readdirSync(join(FOLDER, 'Persoon', 'GeefPersoon'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => /\.xml$/i.test(file),
    );
    expect(imported.records).toBe(files.length);
    expect({ records: imported.records, registered: imported.registered }).toEqual({ records: 304, registered: 298 });
    expect(Object.fromEntries(imported.refused)).toEqual({
      NO_PERSON: 1,
      SSIN_CHECKSUM: 2,
      SSIN_IMPOSSIBLE_DATE: 2,
      DEATH_BEFORE_BIRTH: 1,
    });
  });

  it('a consultation about each person returns what each source has, which keeps the receipt, or that it has nothing', async () => {
    const has = (held: ReadonlyMap<string, unknown>, ssin: string) =>
      held.has(ssin)
        ? ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND
        : ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND;
    const { wages, statuses } = mesh.population;
    const wrong: string[] = [];
    const answers: ConsultResponse[] = [];
    const queue = [...imported.people];
    const next = async (): Promise<void> => {
      for (let person = queue.shift(); person; person = queue.shift()) {
        const answer = await consult(person.ssin, IDENTIFICATION, WAGES, STATUSES);
        const { results } = answer;
        answers.push(answer);
        const expected = [
          ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
          has(wages, person.ssin),
          has(statuses, person.ssin),
        ];
        const faulty = results.filter(({ status }, index) => status !== expected[index]);
        wrong.push(
          ...faulty.map(({ dataService, reason, status }) => `${dataService}: ${reason || ConsultationStatus[status]}`),
        );
      }
    };
    await Promise.all(Array.from({ length: 8 }, next));
    expect(wrong).toEqual([]);
    expect(imported.people.some(({ ssin }) => wages.has(ssin))).toBe(true);
    await expectRecordedOnce(answers.map(({ ticket }) => ticket));
    for (const [source, dataService] of [
      ['wages-source', WAGES],
      ['statuses-source', STATUSES],
    ] as const)
      expect(keptReferences(mesh, source).toSorted()).toEqual(
        answers.map((answer) => askedReference(answer, dataService)).toSorted(),
      );
  });

  it('each move reaches the subscriber once, with the new address', async () => {
    const movers = imported.people.filter(({ deceased }) => !deceased).slice(0, MOVERS);
    const before = distinct(reader, subscriptionId).length;
    const moved = new Map<string, bigint>();
    for (const [index, { ssin }] of movers.entries())
      moved.set(ssin, await move(mesh.as('municipality'), ssin, `${index + 1}`));
    await eventually(
      () => distinct(reader, subscriptionId).length,
      (count) => count >= before + MOVERS,
    );
    expect(faultsOf(reader, subscriptionId)).toEqual([]);
    const deliveries = distinct(reader, subscriptionId)
      .slice(before)
      .map(({ content }) => (content?.$case === 'mutation' ? content.value : undefined));
    expect(deliveries).toHaveLength(MOVERS);
    for (const [index, { ssin }] of movers.entries()) {
      const delivery = deliveries.find((one) => one?.ssin === ssin);
      expect(delivery).toMatchObject({ ssin, sourceRevision: moved.get(ssin) });
      expect(delivery?.data).toMatchObject({ address: { houseNumber: `${index + 1}` } });
    }
    // A consultation after the deliveries returns the same revision.
    const [{ ssin } = { ssin: '' }] = movers;
    const [result] = (await consult(ssin, IDENTIFICATION)).results;
    expect(result?.sourceRevision).toBe(moved.get(ssin));
    expect(result?.data).toMatchObject({ address: { houseNumber: '1' } });
  });

  it('citizens see every consultation and every delivery about them', async () => {
    const ssin = imported.people.findLast(({ deceased }) => !deceased)?.ssin ?? '';
    const revision = await move(mesh.as('municipality'), ssin, 'mover');
    const delivered = await eventually(
      () =>
        distinct(reader, subscriptionId).flatMap(({ content }) =>
          content?.$case === 'mutation' && content.value.ssin === ssin && content.value.sourceRevision === revision
            ? [content.value.ticket]
            : [],
        ),
      ({ length }) => length > 0,
    );
    const { ticket } = await consult(ssin, IDENTIFICATION);
    await expectRecordedOnce([ticket]);
    const expected = [...delivered, ticket];
    const seen = (await citizenSees(mesh, ssin)).map((access) => access.ticket);
    expect(seen.filter((one) => expected.includes(one)).toSorted()).toEqual(expected.toSorted());
  });
};
