import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES, WAGES } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runConsultationPod } from '../charts/consultation-pod.js';
import { citizenSees } from '../citizen.js';
import { ask } from '../databases.js';
import { move } from '../load.js';
import { MAIL_TERMS, mailJourney } from '../mail-journey.js';
import { WholeMesh } from '../whole-mesh.js';
import { onKafka } from '../on-kafka.js';
import { generatedPerson } from '../people.js';
import { Portal } from '../portal.js';
import { readTopic, type TopicReader } from '../topic-reader.js';
import { databases, files, type SearchedPlace, serverViews, topics } from './searched-places.js';
import { searchTermsOf, peopleCalled } from './known-people.js';
import { found, type SearchTerm, ssinTerm, wordTerm } from './search-terms.js';

/** Names that occur nowhere else in the mesh. */
const NAMES = ['Zilverknoppel', 'Wolkenbrander', 'Kwartelmond'];
const STREET = 'Kruispuntstraat';
const PEOPLE = peopleCalled(NAMES, 17);
const SEARCH_TERMS: readonly SearchTerm[] = [
  ...searchTermsOf(NAMES, PEOPLE),
  { what: 'address', forms: [STREET, Buffer.from(STREET).toString('hex')] },
  ...MAIL_TERMS.map(({ what, text }) => wordTerm(what, text)),
];

let mesh: WholeMesh;
let reader: TopicReader;
/** Errors of calls about mail that were refused. */
let refusals: readonly string[];

/** Uses every function that stores or logs something: register, change, inscribe, subscribe, consult, mail, refusals, invalid input, the citizen's list. */
beforeAll(async () => {
  mesh = await WholeMesh.start();
  await mesh.load(async function* () {
    yield* PEOPLE;
  });
  const ssins = PEOPLE.map(({ ssin }) => ssin);
  const [somebody = ''] = ssins;
  await mesh.decide('health-fund', 'welfare-office');
  await mesh.inscribe('health-fund', ssins);
  await mesh.inscribe('welfare-office', ssins);
  const { subscriptionId } = await mesh.subscribe('health-fund');
  reader = await readTopic(mesh, 'health-fund');
  for (const ssin of ssins) {
    await move(mesh.as('municipality'), ssin, '1');
    await mesh
      .as('welfare-office')
      .consult({ ssin, legalContext: PURPOSES['welfare-office'].legalContext, dataServices: [IDENTIFICATION, WAGES] });
  }
  const portal = new Portal(mesh);
  refusals = await mailJourney(mesh, portal, { owner: somebody, delegate: ssins[1] ?? '' });
  portal.close();
  for (const refused of [
    () =>
      mesh.as('pension-office').consult({
        ssin: somebody,
        legalContext: PURPOSES['pension-office'].legalContext,
        dataServices: [IDENTIFICATION],
      }),
    () => mesh.as('welfare-office').consult({ ssin: somebody, legalContext: somebody, dataServices: [IDENTIFICATION] }),
    () =>
      mesh.as('welfare-office').consult({
        ssin: `${somebody.slice(0, 9)}00`,
        legalContext: 'PCSA:SOCIAL_INQUIRY',
        dataServices: [NAMES[0] ?? ''],
      }),
    () =>
      mesh.as('national-register').registry.proposeCancellation({
        requestId: newRequestId(),
        ssin: `${NAMES[0]} ${somebody}`,
      }),
    () => move(mesh.as('welfare-office'), somebody, '2'),
  ])
    await expect(refused()).rejects.toThrow(RemoteError);
  // What somebody might type into an address bar.
  for (const path of [`en/accesses?institution=${somebody}`, `en/${somebody}`, `nl/mail/${somebody}?words=${NAMES[0]}`])
    await (await fetch(`${mesh.local.portalUrl}/${encodeURI(path)}`, { redirect: 'manual' })).arrayBuffer();
  await eventually(
    () => reader.of(subscriptionId).length,
    (count) => count >= ssins.length,
  );
  await eventually(
    () => citizenSees(mesh, somebody),
    (list) => list.length >= 2,
  );
});

afterAll(async () => {
  await reader?.close();
  await mesh?.stop();
});

const search = async (
  searched: AsyncIterable<SearchedPlace> | Iterable<SearchedPlace>,
): Promise<{ places: Set<string>; hits: string[] }> => {
  const places = new Set<string>();
  const hits = new Set<string>();
  for await (const [place, text] of searched) {
    places.add(place);
    for (const what of found(text, SEARCH_TERMS)) hits.add(`${what} in ${place}`);
  }
  return { places, hits: [...hits] };
};

const planted = PEOPLE[1];

describe('places without personal data', () => {
  it('no row of any database contains personal data in clear', async () => {
    const { places, hits } = await search(databases(mesh));
    expect([...places]).toEqual(
      expect.arrayContaining([
        'person_registry: es.events',
        'exchange: es.events',
        'subscription: public.deliveries',
        'access_audit: es.events',
        'ebox: public.messages',
        'ebox: public.mailboxes',
      ]),
    );
    expect(hits).toEqual([]);
    expect((await search(serverViews(mesh))).hits).toEqual([]);
  });

  onKafka(
    'no key, header or body of a topic contains personal data in clear, except the bodies for a subscriber',
    async () => {
      const { places, hits } = await search(await topics(mesh));
      expect([...places]).toEqual(
        expect.arrayContaining([
          'value of crossroads.person.v1',
          'value of crossroads.access.exchange.v1',
          'value of crossroads.access.subscription.v1',
          'value of crossroads.access.ebox.v1',
          'value of crossroads.access.directory.v1',
          'key of crossroads.deliveries.0999000525.v1',
          'value of crossroads.ebox.0999000723.v1',
        ]),
      );
      expect(hits).toEqual([]);
    },
  );

  it('no log contains personal data, and neither does mesh.json', async () => {
    const { places, hits } = await search(files(mesh));
    expect([...places]).toEqual(
      expect.arrayContaining([
        'mesh.json',
        'log exchange.log',
        'log ebox.log',
        'log person-registry.log',
        'log portal.log',
        'log postgres.log',
      ]),
    );
    expect(hits).toEqual([]);
  });

  it("the log of the chart's test contains no personal data, whether the consultation was answered or refused", async () => {
    const { addresses, ...connection } = mesh.network.connection('welfare-office');
    const asked = { ...connection, addresses: { ...addresses }, ssin: planted?.ssin ?? '' };
    const answered = await runConsultationPod(asked);
    expect(answered).toEqual({ code: 0, log: expect.stringContaining(`${IDENTIFICATION}  DATA_FOUND`) });
    const { ssin: stranger } = generatedPerson(9_999);
    const refused = await runConsultationPod({ ...asked, ssin: stranger });
    expect(refused).toEqual({ code: 1, log: expect.stringContaining('PERSON_NOT_AVAILABLE') });
    expect(found(answered.log + refused.log, [...SEARCH_TERMS, ssinTerm(stranger)])).toEqual([]);
  });

  it('no error for an invalid request contains personal data', async () => {
    const { ssin = '' } = planted ?? {};
    const mistakes = [
      () =>
        mesh
          .as('welfare-office')
          .consult({ ssin: `${ssin}x`, legalContext: NAMES[0] ?? '', dataServices: [NAMES[1] ?? ''] }),
      () =>
        mesh.as('health-fund').directory.inscribe({
          requestId: ssin,
          institution: ssin,
          ssin: NAMES[2] ?? '',
          inscriptionContext: ssin,
          period: undefined,
        }),
      () =>
        mesh.as('municipality').registry.changePerson({
          requestId: '',
          ssin,
          facts: planted?.facts.slice() ?? [],
          expectedSourceRevision: 99n,
        }),
    ];
    for (const mistake of mistakes) {
      const said = await mistake().then(
        () => 'no mistake',
        (error: unknown) =>
          error instanceof RemoteError
            ? JSON.stringify([error.message, error.reason, error.metadata, error.violations])
            : 'no answer',
      );
      expect(said).toContain('_');
      expect(found(said, SEARCH_TERMS)).toEqual([]);
    }
  });

  it('no error about mail contains personal data, a subject, the name of a file or an address', () => {
    expect(refusals.length).toBeGreaterThan(6);
    for (const said of refusals) expect([said, found(said, SEARCH_TERMS)]).toEqual([said, []]);
  });
});

describe('the search itself', () => {
  const { ssin = '' } = planted ?? {};

  it('the search finds personal data in a table, plain or encoded', async () => {
    const rows = [
      ssin,
      `x${Buffer.from(`ab${NAMES[1]}cd`).toString('base64')}`,
      `${ssin.slice(0, 2)}.${ssin.slice(2, 4)}.${ssin.slice(4, 6)}-${ssin.slice(6, 9)}.${ssin.slice(9)}`,
    ];
    for (const row of rows) {
      await ask(mesh, 'subscription', 'create table planted (it text)');
      await ask(mesh, 'subscription', 'insert into planted values ($1)', [row]);
      const { hits } = await search(databases(mesh));
      await ask(mesh, 'subscription', 'drop table planted');
      expect(hits).toHaveLength(1);
      expect(hits[0]).toContain('subscription: public.planted');
    }
    await ask(mesh, 'subscription', 'create table planted as select $1::text::bytea as it', [`..${NAMES[2]}..`]);
    const { hits } = await search(databases(mesh));
    await ask(mesh, 'subscription', 'drop table planted');
    expect(hits).toEqual(['name in subscription: public.planted']);
  });

  it('the search finds personal data in a log', async () => {
    const file = join(mesh.local.folder.logs, 'planted.log');
    appendFileSync(file, `{"message":"person ${ssin} changed"}\n`);
    const { hits } = await search(files(mesh));
    rmSync(file);
    expect(hits).toEqual(['SSIN in log planted.log']);
  });

  it('the search finds personal data in a key, a header or a value', async () => {
    const stacks: SearchedPlace[] = [
      ['key', ssin],
      ['header', `ce_subject\n${NAMES[0]}`],
      ['value', Buffer.concat([Buffer.from([10, 11]), Buffer.from(ssin), Buffer.from([0xff, 0x00])]).toString('utf8')],
    ];
    expect((await search(stacks)).hits).toEqual(['SSIN in key', 'name in header', 'SSIN in value']);
  });
});
