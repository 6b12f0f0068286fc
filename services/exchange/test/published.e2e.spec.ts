import { AccessResult, ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded } from '@crossroads/contracts/access/v1/events';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { newRequestId } from '@crossroads/grpc';
import { type CloudEvent, unbundled } from '@crossroads/messaging';
import { allRows, eventually, refusalOf } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_PARTY } from '@crossroads/transparency';
import { allPublished, type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { releasesIn } from './releases.js';
import {
  type ExchangeClient,
  CONTEXT,
  consult,
  deliberation,
  EMPLOYMENT,
  FUND,
  STATUS,
  WAGES,
  WELFARE,
  World,
} from './world.js';

const ACCESS = 'crossroads.access.exchange.v1';
const MUTATION = 'crossroads.mutation.v1';

describe('what the exchange publishes', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let welfare: ExchangeClient;
  const received = new Map<string, CloudEvent[]>([
    [ACCESS, []],
    [MUTATION, []],
  ]);

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    exchange = await world.exchange();
    welfare = world.client(exchange.port, WELFARE);
    for (const [topic, events] of received)
      await mesh.bus.broker.consume({
        topic,
        onBatch: async (batch) => void events.push(...batch.filter(({ place }) => place !== undefined)),
      });
  });
  afterAll(() => mesh.stop());

  const opened = async (topic: string): Promise<CloudEvent[]> => {
    const sealing = mesh.sealing('spec');
    const messages = await Promise.all((received.get(topic) ?? []).map((event) => sealing.open(topic, event)));
    return messages.flatMap(unbundled);
  };
  const about = async (personId: string, count: number) => {
    const all = await eventually(
      async () => {
        const events = await opened(ACCESS);
        return events.filter(({ data }) => AccessConcluded.decode(data).personId === personId);
      },
      ({ length }) => length >= count,
    );
    expect(all).toHaveLength(count);
    return all;
  };

  it('is each access once and whole, when its outcome is known', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const { ticket } = await welfare.consult(consult(ssin));
    const [event] = await about(personId, 1);
    expect(event).toMatchObject({
      type: 'crossroads.access.v1.accesses.notify.concluded',
      source: 'urn:crossroads:service:exchange',
    });
    const access = AccessConcluded.decode(event?.data ?? new Uint8Array());
    expect(event?.key).toBe(access.journalId);
    const [release] = access.releases;
    expect(access.releases).toHaveLength(1);
    expect(release?.ask).toEqual(world.wages.asked.at(-1)?.ask);
    expect(releasesIn(event)).toMatchObject([
      {
        ask: {
          askVersion: 1,
          party: EMPLOYMENT,
          customer: WELFARE,
          ssin,
          dataService: WAGES,
          fieldGroups: ['employer', 'quarter'],
        },
        behind: { behindVersion: 1, ticket },
        outcome: {
          outcomeVersion: 1,
          result: AccessResult.ACCESS_RESULT_ANSWERED,
          status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
          releasedFieldGroups: ['employer', 'quarter'],
          filtered: [{ path: 'wages.amount' }],
        },
      },
    ]);
    const salts = [release?.askSalt, release?.behindSalt, release?.outcomeSalt];
    expect(salts.map((salt) => salt?.length)).toEqual([32, 32, 32]);
    expect(new Set(salts.map((salt) => salt?.toString('hex'))).size).toBe(3);
  });

  it('is one release for each data service, refused ones too, and each is for its own party', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const names = [WAGES, 'pension.rights.v1', STATUS];
    const dataServices = names.map((dataService) => ({ dataService, fieldGroups: [] }));
    const { ticket } = await welfare.consult(consult(ssin, { dataServices }));
    const [event] = await about(personId, 1);
    const releases = releasesIn(event);
    expect(releases.map(({ ask, outcome }) => [ask.dataService, ask.party, outcome.result, outcome.reason])).toEqual([
      [WAGES, EMPLOYMENT, AccessResult.ACCESS_RESULT_ANSWERED, ''],
      ['pension.rights.v1', NO_PARTY, AccessResult.ACCESS_RESULT_REFUSED, 'UNKNOWN_DATA_SERVICE'],
      [STATUS, EMPLOYMENT, AccessResult.ACCESS_RESULT_ANSWERED, ''],
    ]);
    expect(new Set(releases.map(({ ask }) => ask.reference.toString('hex'))).size).toBe(3);
    expect(releases.map(({ behind }) => behind.ticket)).toEqual([ticket, ticket, ticket]);
    const everything = Buffer.concat(releases.flatMap(({ bytes }) => bytes)).toString('latin1');
    expect(everything).not.toContain(personId);
  });

  it('is each refusal once, with the reason that the customer is not told, also one about a number of no person', async () => {
    const { ssin, personId } = world.person();
    const { metadata, reason } = await refusalOf(welfare.consult(consult(ssin)));
    expect(reason).toBe('PERSON_NOT_AVAILABLE');
    const [refused] = await about(personId, 1);
    expect(refused?.type).toBe('crossroads.access.v1.accesses.notify.refused');
    const unasked = {
      result: AccessResult.ACCESS_RESULT_REFUSED,
      status: ConsultationStatus.CONSULTATION_STATUS_NO_RESULT,
    };
    expect(releasesIn(refused)).toMatchObject([
      {
        ask: { dataService: WAGES, party: NO_PARTY, legalContext: CONTEXT },
        behind: { ticket: metadata.ticket },
        outcome: { ...unasked, reason: 'NOT_INSCRIBED' },
      },
    ]);
    await refusalOf(welfare.consult(consult('85073003328')));
    const [nobody] = await about('', 1);
    expect(releasesIn(nobody)).toMatchObject([{ outcome: { ...unasked, reason: 'UNKNOWN_SSIN' } }]);
    const replaced = world.person();
    world.directory.put(replaced, [], { state: 3 });
    await refusalOf(welfare.consult(consult(replaced.ssin)));
    const [ofReplaced] = await about(replaced.personId, 1);
    expect(releasesIn(ofReplaced)).toMatchObject([{ outcome: { ...unasked, reason: 'REPLACED_SSIN' } }]);
  });

  it('includes the refusal of a repeated request whose grant has ended', async () => {
    const { ssin, personId } = world.person(FUND);
    const fund = world.client(exchange.port, FUND);
    const grants = [{ dataService: STATUS, fieldGroups: ['status'] }];
    const granted = deliberation(FUND, grants);
    mesh.policy.put({ $case: 'deliberation', value: granted });
    const request = consult(ssin, { dataServices: [{ dataService: STATUS, fieldGroups: [] }] });
    const probe = consult(world.person(FUND).ssin, { dataServices: request.dataServices });
    await eventually(
      () =>
        fund.consult({ ...probe, requestId: newRequestId() }).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    const { ticket } = await fund.consult(request);
    const state = DeliberationState.DELIBERATION_STATE_REVOKED;
    mesh.policy.put({ $case: 'deliberation', value: deliberation(FUND, grants, granted.deliberationId, state) });
    await eventually(
      () =>
        fund.consult({ ...probe, requestId: newRequestId() }).then(
          () => false,
          () => true,
        ),
      Boolean,
    );
    expect(await refusalOf(fund.consult(request))).toMatchObject({ reason: 'DELIBERATION_REVOKED' });
    const events = await about(personId, 2);
    expect(events.map(({ type }) => type.split('.').at(-1))).toEqual(['concluded', 'refused']);
    expect(releasesIn(events[1])).toMatchObject([{ behind: { repeatOf: ticket } }]);
  });

  it('is the same when it is read from the beginning', async () => {
    const events = mesh.connect(EventsServiceService, exchange.port, await mesh.serviceCertificate('access-audit'));
    const read = (await allPublished(events, ACCESS)).map(({ event }) => event);
    const sent = await eventually(
      () => opened(ACCESS),
      ({ length }) => length >= read.length,
    );
    const shape = (event: { id: string; key: string; data: Uint8Array }) =>
      [event.id, event.key, Buffer.from(event.data).toString('base64')].join(' ');
    expect(new Set(read.map(shape))).toEqual(new Set(sent.map(shape)));
  });

  it('is each mutation with all that its subscribers need', async () => {
    const { ssin, personId } = world.person(EMPLOYMENT);
    const employment = world.client(exchange.port, EMPLOYMENT);
    await employment.reportMutation({
      requestId: newRequestId(),
      reporter: '',
      ssin,
      dataService: WAGES,
      sourceRevision: 3n,
      changedFieldGroups: ['employer'],
      data: { wages: [{ employer: { number: '1', name: 'Peeters en Zonen' } }] },
      effectiveDate: { year: 2026, month: 3, day: 1 },
    });
    const find = async () => (await opened(MUTATION)).find(({ key }) => key === personId);
    const event = await eventually(find, (found) => found !== undefined);
    expect(event?.type).toBe(`${MUTATION}.mutations.notify.reported`);
    expect(Mutation.decode(event?.data ?? new Uint8Array())).toMatchObject({
      personId,
      ssin,
      dataService: WAGES,
      sourceRevision: 3n,
      reporter: EMPLOYMENT,
      data: { wages: [{ employer: { name: 'Peeters en Zonen' } }] },
    });
  });

  it('contains no SSIN and no name in the clear, nor do the tables', async () => {
    const secrets = [...world.directory.numbers.keys(), '85073003328', 'Jansens', 'Peeters'];
    const traces = secrets.flatMap(tracesOf);
    for (const { adminUrl } of mesh.allDatabases) {
      const rows = await allRows(adminUrl);
      expect(rows.length).toBeGreaterThan(0);
      const found = traces.filter((trace) => rows.some((row) => row.includes(trace)));
      expect(found).toEqual([]);
    }
    for (const events of received.values()) {
      expect(events.length).toBeGreaterThan(0);
      for (const { data, place: _, ...attributes } of events) {
        const text = Buffer.from(data).toString('latin1') + JSON.stringify(attributes);
        expect(traces.filter((trace) => text.includes(trace))).toEqual([]);
      }
    }
  });
});

/** As text, in hexadecimal, and in base64 at each of its three offsets. */
const tracesOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('hex'),
  ...[0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + secret)
      .toString('base64')
      .replaceAll('=', '');
    return encoded.slice(offset === 0 ? 0 : offset + 1, -1);
  }),
];
