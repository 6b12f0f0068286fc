import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { IDENTIFICATION, type Imported, PURPOSES, STATUSES, WAGES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settledAccounts } from '../accounts.js';
import { citizenSees } from '../citizen.js';
import { move } from '../load.js';
import { progress, ROOT, WholeMesh } from '../whole-mesh.js';
import { distinct, faultsOf, readTopic, type TopicReader } from '../topic-reader.js';

/** Real input, read from where it lies; see its NOTICE. */
const FOLDER = join(ROOT, '..', 'shared', 'data', 'magda-mock');
const MOVERS = 40;

let mesh: WholeMesh;
let imported: Imported;
let reader: TopicReader;
let subscriptionId: string;
const tickets: string[] = [];

const isThere = existsSync(FOLDER);
if (!isThere) progress(`SKIPPED, the Flemish mock is absent: ${FOLDER}`);

const whereItIs = isThere ? describe : describe.skip;

whereItIs('the people of the Flemish mock', () => {
  beforeAll(async () => {
    mesh = await WholeMesh.start({ people: FOLDER });
    imported = await mesh.load(mesh.population.people);
    await mesh.decide('health-fund', 'welfare-office');
    const ssins = imported.people.map(({ ssin }) => ssin);
    await mesh.inscribe('health-fund', ssins);
    await mesh.inscribe('welfare-office', ssins);
    ({ subscriptionId } = await mesh.subscribe('health-fund'));
    reader = await readTopic(mesh, 'health-fund');
  });

  afterAll(async () => {
    await reader?.close();
    await mesh?.stop();
  });

  const consult = async (ssin: string, ...dataServices: string[]) => {
    const answer = await mesh
      .as('welfare-office')
      .consult({ ssin, legalContext: PURPOSES['welfare-office'].legalContext, dataServices });
    tickets.push(answer.ticket);
    return answer;
  };

  it('everybody in the files of the mock is imported, or refused with a reason', () => {
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

  it('a consultation about each of them is answered with what the sources have, or that there is nothing', async () => {
    const has = (held: ReadonlyMap<string, unknown>, ssin: string) =>
      held.has(ssin)
        ? ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND
        : ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND;
    const { wages, statuses } = mesh.population;
    const wrong: string[] = [];
    const queue = [...imported.people];
    const next = async (): Promise<void> => {
      for (let person = queue.shift(); person; person = queue.shift()) {
        const { results } = await consult(person.ssin, IDENTIFICATION, WAGES, STATUSES);
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
  });

  it('each move reaches the subscriber once, with the new address', async () => {
    const movers = imported.people.filter(({ deceased }) => !deceased).slice(0, MOVERS);
    const moved = new Map<string, bigint>();
    for (const [index, { ssin }] of movers.entries())
      moved.set(ssin, await move(mesh.as('municipality'), ssin, `${index + 1}`));
    await eventually(
      () => distinct(reader, subscriptionId).length,
      (count) => count >= MOVERS,
    );
    expect(faultsOf(reader, subscriptionId)).toEqual([]);
    const deliveries = distinct(reader, subscriptionId).map(({ content }) =>
      content?.$case === 'mutation' ? content.value : undefined,
    );
    expect(deliveries).toHaveLength(MOVERS);
    for (const [index, { ssin }] of movers.entries()) {
      expect(deliveries[index]).toMatchObject({ ssin, sourceRevision: moved.get(ssin) });
      expect(deliveries[index]?.data).toMatchObject({ address: { houseNumber: `${index + 1}` } });
    }
    // To ask and to subscribe join without a gap.
    const [{ ssin } = { ssin: '' }] = movers;
    const [result] = (await consult(ssin, IDENTIFICATION)).results;
    expect(result?.sourceRevision).toBe(moved.get(ssin));
    expect(result?.data).toMatchObject({ address: { houseNumber: '1' } });
  });

  it('citizens see every consultation and every delivery about them', async () => {
    expect(await settledAccounts(mesh, tickets)).toEqual({
      notOnceInJournal: [],
      notOnceInAudit: [],
      open: 0,
      missing: 0,
    });
    const mover = imported.people.find(({ deceased }) => !deceased);
    const accesses = await citizenSees(mesh, mover?.ssin ?? '');
    expect(accesses).toHaveLength(3);
  });
});
