import { readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { RemoteError } from '@crossroads/grpc';
import { SERVERS } from '@crossroads/topology';
import { IDENTIFICATION, numberOf, PURPOSES, SERVICES, WAGES } from '@crossroads/local';
import { attributeNames, METRICS } from '@crossroads/telemetry';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { citizenSees } from '../citizen.js';
import { move } from '../load.js';
import { MAIL_TERMS, mailJourney } from '../mail-journey.js';
import { Portal } from '../portal.js';
import { signedInAt } from '../portal/visitor.js';
import { WholeMesh } from '../whole-mesh.js';
import { searchTermsOf, peopleCalled } from '../privacy/known-people.js';
import { found, wordTerm } from '../privacy/search-terms.js';
import { readTopic, type TopicReader } from '../topic-reader.js';
import { Collector } from './collector.js';
import { type Traced, traceOf } from './traces.js';

const NAMES = ['Lantaarnvlinder', 'Mosterdklok', 'Regenkompas'];
const PEOPLE = peopleCalled(NAMES, 31);
const SSINS = PEOPLE.map(({ ssin }) => ssin);
const [somebody = '', another = ''] = SSINS;
const SEARCH_TERMS = [...searchTermsOf(NAMES, PEOPLE), ...MAIL_TERMS.map(({ what, text }) => wordTerm(what, text))];

let collector: Collector;
let mesh: WholeMesh;
let reader: TopicReader;
/** The id of a trace that an institution started. */
const OURS = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
/** The id of a trace into which an institution put an SSIN. */
const OF_SOMEBODY = `${'0'.repeat(21)}${somebody}`;
const parent = (traceId: string, flags: string) => ({
  metadata: { traceparent: `00-${traceId}-${'ab'.repeat(8)}-${flags}` },
});

const consult = (ssin: string, dataServices: readonly string[], options = {}) =>
  mesh
    .as('welfare-office')
    .consult({ ssin, legalContext: PURPOSES['welfare-office'].legalContext, dataServices }, options);

/** Waits for a trace with these spans. */
const traceWith = async (isThere: (trace: Traced) => boolean): Promise<Traced> => {
  const traces = await eventually(
    () => [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()].map(traceOf).filter(isThere),
    (good) => good.length > 0,
  );
  const [first] = traces;
  if (first === undefined) throw new Error('no such trace');
  return first;
};

const takenOf = (service: string) => `crossroads.access.${service}.v1 take`;

/** Each span has its parent. A span can arrive before it, from another process. */
const isWhole = ({ orphans }: Traced): boolean => orphans.length === 0;

beforeAll(async () => {
  collector = await Collector.start();
  mesh = await WholeMesh.start({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_BSP_SCHEDULE_DELAY: '300',
    },
  });
  await mesh.load(async function* () {
    yield* PEOPLE;
  });
  await mesh.decide('health-fund', 'welfare-office');
  await mesh.inscribe('health-fund', SSINS);
  await mesh.inscribe('welfare-office', SSINS);
  const { subscriptionId } = await mesh.subscribe('health-fund');
  reader = await readTopic(mesh, 'health-fund');
  await consult(somebody, [IDENTIFICATION, WAGES], parent(OURS, '00'));
  await consult(another, [IDENTIFICATION], parent(OF_SOMEBODY, '01'));
  const portal = new Portal(mesh);
  await mailJourney(mesh, portal, { owner: somebody, delegate: another });
  portal.close();
  await signedInAt(`http://localhost:${mesh.local.ports.portal}`, somebody);
  const refused = mesh
    .as('pension-office')
    .consult({ ssin: somebody, legalContext: PURPOSES['pension-office'].legalContext, dataServices: [IDENTIFICATION] });
  await expect(refused).rejects.toThrow(RemoteError);
  await expect(consult(somebody, ['x'.repeat(5_000_000)])).rejects.toThrow('larger');
  await move(mesh.as('municipality'), somebody, '1');
  await eventually(
    () => reader.of(subscriptionId).length,
    (count) => count >= 1,
  );
  await eventually(
    () => citizenSees(mesh, somebody),
    (list) => list.length >= 2,
  );
});

afterAll(async () => {
  await reader?.close();
  await mesh?.stop();
  await collector?.stop();
});

describe('one trace', () => {
  it('one trace covers a consultation: directory, source, journal, Kafka and access log', async () => {
    const trace = await traceWith(
      ({ id, has }) => id === OURS && has('access-audit', takenOf('exchange')) && has('exchange', CONSULT),
    );
    expect(trace.steps).toEqual(
      expect.arrayContaining([
        `exchange: ${CONSULT}`,
        'exchange: crossroads.directory.v1.DirectoryService/BatchCheck',
        'reference-directory: crossroads.directory.v1.DirectoryService/BatchCheck',
        'exchange: crossroads.source.v1.SourceService/Supply',
        'person-registry: crossroads.source.v1.SourceService/Supply',
        'exchange: append',
        'exchange: crossroads.access.exchange.v1 publish',
        'access-audit: crossroads.access.exchange.v1 take',
      ]),
    );
    // All spans descend from the institution's own span.
    expect(trace.orphans).toEqual(['ab'.repeat(8)]);
  });

  it('one trace covers a change: registry, Kafka, delivery and access log', async () => {
    const topic = `crossroads.deliveries.${numberOf('health-fund')}.v1`;
    const trace = await traceWith(
      (one) =>
        isWhole(one) && one.has('subscription', `${topic} deliver`) && one.has('access-audit', takenOf('subscription')),
    );
    expect(trace.steps).toEqual(
      expect.arrayContaining([
        'person-registry: crossroads.person.v1.PersonService/ChangePerson',
        'person-registry: append',
        'person-registry: crossroads.person.v1 publish',
        'subscription: crossroads.person.v1 take',
        'reference-directory: crossroads.directory.v1.DirectoryService/BatchCheck',
        `subscription: ${topic} deliver`,
        'subscription: crossroads.access.subscription.v1 publish',
        'access-audit: crossroads.access.subscription.v1 take',
      ]),
    );
  });

  it('one trace covers a download: the eBox, its journal, Kafka and access log', async () => {
    const trace = await traceWith(
      (one) => isWhole(one) && one.has('ebox', DOWNLOAD) && one.has('access-audit', takenOf('ebox')),
    );
    expect(trace.steps).toEqual(
      expect.arrayContaining([
        `ebox: ${DOWNLOAD}`,
        'reference-directory: crossroads.directory.v1.DirectoryService/Check',
        'ebox: append',
        'ebox: crossroads.access.ebox.v1 publish',
        'access-audit: crossroads.access.ebox.v1 take',
      ]),
    );
  });

  it('deliveries carry no trace context, by which two subscribers could match their people', () => {
    expect(reader.traceparents).toEqual([]);
  });

  it('a trace id that contains an SSIN is replaced', async () => {
    const trace = await traceWith(({ has, size }) => has('exchange', CONSULT) && size > 4);
    expect(trace.id).not.toBe(OF_SOMEBODY);
    expect(collector.spans().map(({ traceId }) => traceId)).not.toContain(OF_SOMEBODY);
  });
});

const CONSULT = 'crossroads.exchange.v1.ExchangeService/Consult';
const DOWNLOAD = 'crossroads.ebox.v1.MessageService/DownloadDocument';

describe('metrics', () => {
  it('every metric of the table is exported, and the common ones by every service', async () => {
    const names = Object.keys(METRICS);
    const seen = await eventually(
      () => new Set(collector.metrics().map(({ name }) => name)),
      (so) => names.every((name) => so.has(name) || ONLY_AFTER_FAULTS.includes(name)),
    );
    expect([...seen].filter((name) => !names.includes(name))).toEqual([]);
    const missing = () =>
      SERVERS.flatMap((service) => {
        const own = new Set(collector.metrics().flatMap((one) => (one.service === service ? [one.name] : [])));
        return OF_ALL.filter((name) => !own.has(name)).map((name) => `${name} of ${service}`);
      });
    // Services export their metrics at different times.
    await eventually(missing, ({ length }) => length === 0);
  });

  it('metrics count how consultations ended and what was decided', async () => {
    const highest = (name: string, attributes: Readonly<Record<string, string>>) =>
      Math.max(
        0,
        ...collector
          .metrics()
          .flatMap((one) =>
            one.name === name && Object.entries(attributes).every(([key, value]) => one.attributes.get(key) === value)
              ? [one.value]
              : [],
          ),
      );
    await eventually(
      () => [
        highest('crossroads.consultation.duration.seconds', { status: 'DATA_FOUND' }),
        highest('crossroads.consultation.duration.seconds', { status: 'REFUSED' }),
        highest('crossroads.decisions', { outcome: 'ALLOWED' }),
        highest('crossroads.decisions', { outcome: 'REFUSED' }),
        highest('crossroads.call.duration.seconds', { rpc: `/${CONSULT}`, code: 'OK', caller_kind: 'institution' }),
        highest('crossroads.calls_limited', { rpc: `/${CONSULT}`, reason: 'SIZE' }),
        highest('crossroads.publications', { outcome: 'ACCEPTED', reason: '' }),
        highest('crossroads.publications', { outcome: 'REFUSED', reason: 'NO_CONSENT' }),
        highest('crossroads.documents_failed', { provider: numberOf('pension-office') }),
        highest('crossroads.policy_revision', {}),
        highest('crossroads.resident_memory.bytes', {}),
      ],
      (values) => values.every((value) => value > 0),
    );
    const subscribers = new Set(
      collector
        .metrics()
        .flatMap(({ name, attributes }) =>
          name === 'crossroads.delivery_lag.messages' ? [attributes.get('subscriber')] : [],
        ),
    );
    expect([...subscribers]).toEqual([numberOf('health-fund')]);
  });

  it('metrics and spans have no attributes but those of the list', () => {
    const allowed = new Set<string>(attributeNames);
    const used = [...collector.metrics(), ...collector.spans()].flatMap(({ attributes }) => [...attributes.keys()]);
    expect([...new Set(used)].filter((name) => !allowed.has(name))).toEqual([]);
    expect(
      Object.values(METRICS)
        .flatMap(({ by }) => by)
        .every((name) => allowed.has(name)),
    ).toBe(true);
  });
});

/** Everything that the collector received as text, also as hexadecimal digits, because an id could contain an SSIN. */
const everything = () => [
  ...collector.received.flatMap(({ body }) => [body.toString('latin1'), body.toString('utf8'), body.toString('hex')]),
  ...collector.spans().flatMap(({ name, traceId, attributes }) => [name, traceId, ...attributes.values()]),
];

const logs = () =>
  readdirSync(mesh.local.folder.logs)
    .filter((file) => SERVICES.some((service) => file === `${service}.log`))
    .map((file) => readFileSync(join(mesh.local.folder.logs, file), 'utf8'));

describe('personal data in telemetry and logs', () => {
  it('a collector receives no personal data', () => {
    expect(collector.received.length).toBeGreaterThan(10);
    expect([...new Set(everything().flatMap((text) => found(text, SEARCH_TERMS)))]).toEqual([]);
  });

  it('each line of a log is JSON and contains no personal data', async () => {
    const { results } = await mesh.whileSuspended('wages-source', () => consult(another, [WAGES], parent(OURS, '01')));
    expect(results[0]?.reason).toBe('SOURCE_TIMEOUT');
    const lines = logs().flatMap((text) => text.split('\n').filter((line) => line !== ''));
    const read = lines.map((line): unknown => JSON.parse(line));
    expect(read).toContainEqual(
      expect.objectContaining({
        service: 'exchange',
        level: 'warn',
        trace_id: OURS,
        msg: expect.stringContaining('source'),
      }),
    );
    expect([...new Set(lines.flatMap((line) => found(line, SEARCH_TERMS)))]).toEqual([]);
  });

  it('the search finds personal data in what a collector receives', async () => {
    const before = collector.received.length;
    await new Promise((resolve) => {
      const planting = httpRequest(`${collector.endpoint}/v1/traces`, { method: 'POST' }, resolve);
      planting.end(
        Buffer.concat([Buffer.from([0x0a, 0x20]), Buffer.from(another, 'utf8'), Buffer.from(`x${NAMES[2]}`)]),
      );
    });
    const [planted] = collector.received.splice(before).filter(({ body }) => body.includes(another));
    expect(found(planted?.body.toString('latin1') ?? '', SEARCH_TERMS)).toEqual(['name', 'SSIN']);
    expect(found(Buffer.from(`0${another}`, 'hex').toString('hex'), SEARCH_TERMS)).toEqual(['SSIN']);
  });
});

describe('a collector that has stopped', () => {
  it('consultations are answered and recorded without a collector', async () => {
    const before = (await citizenSees(mesh, another)).length;
    await collector.stop();
    for (let n = 0; n < 20; n++) expect((await consult(another, [IDENTIFICATION])).results[0]?.data).toBeDefined();
    await eventually(
      () => citizenSees(mesh, another),
      (list) => list.length >= before + 20,
    );
    await eventually(
      () => logs().join('\n'),
      (text) => text.includes('telemetry cannot reach its collector'),
    );
  });
});

/** Counters of what does not happen in a mesh that works; tests/faults has them. */
const ONLY_AFTER_FAULTS = [
  'crossroads.log.gaps_filled',
  'crossroads.log.trimmed',
  'crossroads.messages_refused',
  'crossroads.log.withheld',
  'crossroads.leases.lost',
  'crossroads.directory_waits',
  'crossroads.deliveries_pruned',
];

const OF_ALL = [
  'crossroads.call.duration.seconds',
  'crossroads.calls_in_flight',
  'crossroads.calls_limited',
  'crossroads.lane.calls',
  'crossroads.lane.calls_in_flight',
  'crossroads.lane.calls_queued',
  'crossroads.event_loop.utilization.ratio',
  'crossroads.event_loop.delay.seconds',
  'crossroads.resident_memory.bytes',
  'crossroads.database_pool.waiting',
  'crossroads.database_pool.in_use',
  'crossroads.policy_age.seconds',
  'crossroads.policy_revision',
];
