import { readFileSync } from 'node:fs';
import { Document } from '@crossroads/contracts/ebox/v1/message';
import { ReadRequest } from '@crossroads/contracts/events/v1/events_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import {
  ANCHORS,
  type Anchor,
  CertificateAuthorities,
  IDENTIFICATION,
  institutionEntries,
  type IssuedCertificate,
  type IdentityFiles,
  type InstitutionName,
  numberOf,
  registeredUntil,
  spkiOfPem,
  type Validity,
} from '@crossroads/local';
import {
  brokerKeeper,
  DELIVERIES,
  EBOX_EVENTS,
  mayRead,
  OF_CITIZENS,
  portal,
  rightsFor,
  SERVICES,
  serviceNamed,
  TOPIC_NAMES,
  topicOfInstitution,
  producerOf,
} from '@crossroads/topology';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { progress, type WholeMesh } from '../whole-mesh.js';
import { messageTo, PROVIDER } from '../mail.js';
import { onKafka } from '../on-kafka.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { residentMb } from '../processes.js';
import { type FuzzedRequest, fuzzedRequests } from './fuzz.js';
import { isTaken, kafkaAs, makeTopic, reading, writing } from './kafka-rights.js';
import { type Ending, RawClient } from './raw-call.js';
import { CALLERS, RPCS_OF, EVENTS } from './rpcs.js';
import { agreedTls } from './tls-version.js';

const DOCUMENT = { documentId: 'd', name: 'd.pdf', mediaType: 'application/pdf', size: 1n, sha256: Buffer.alloc(32) };
const DAY = 24 * 60 * 60 * 1000;
const OFFICE = { application: 'welfare-office', enterpriseNumber: numberOf('welfare-office') };
const SERVERS = Object.keys(RPCS_OF);
const SERVERS_OF_INSTITUTIONS: readonly string[] = ['wages-source', 'pension-office'];
/** The TLS alert when the server supports no version of the client. */
const TOO_OLD = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';

let mesh: WholeMesh;
const clients: RawClient[] = [];

const client = (server: string, listener: Anchor, own?: IssuedCertificate): RawClient => {
  const opened = new RawClient(addressOf(server, listener), { ca: caOf(server), ...(own ? { own } : {}) });
  clients.push(opened);
  return opened;
};

const namedClients = new Map<string, RawClient>();

/** One connection for each certificate of the mesh at each server. */
const clientOf = (server: string, name: string): RawClient => {
  const known = namedClients.get(`${server} ${name}`) ?? client(server, listenerFor(server, name), identityOf(name));
  namedClients.set(`${server} ${name}`, known);
  return known;
};

/** The authority of whose certificates a caller has one. */
const anchorOf = (name: string): Anchor =>
  CALLERS[name]?.startsWith('service:') === true ? 'services' : 'institutions';

/** What a server listens to: those of institutions have no port for institutions. */
const listenersOf = (server: string): readonly Anchor[] =>
  SERVERS_OF_INSTITUTIONS.includes(server) ? ['services'] : ANCHORS;

const listenerFor = (server: string, name: string): Anchor =>
  listenersOf(server).find((listener) => listener === anchorOf(name)) ?? 'services';

const addressOf = (server: string, listener: Anchor): string => {
  const { services, institutions } = mesh.local.mesh();
  const { address, institutionsAddress } = services[server] ?? institutions[server] ?? {};
  return (listener === 'services' ? address : institutionsAddress) ?? '';
};

/** PEM of the authority of a server's own certificate. */
const caOf = (server: string): string =>
  mesh.local.authority.certificateOf(SERVERS_OF_INSTITUTIONS.includes(server) ? 'institutions' : 'services');

const brokers = (listener: Anchor): readonly string[] => {
  const { broker } = mesh.local.mesh();
  if (broker.kind !== 'kafka') return [];
  return listener === 'services' ? broker.brokers : broker.institutionBrokers;
};

/** The authority that issues each certificate, what that names, and the listener that it is shown to. */
const SHOWN = ANCHORS.flatMap((anchor) =>
  ANCHORS.flatMap((named) => ANCHORS.map((listener) => ({ anchor, named, listener }))),
);
type Shown = (typeof SHOWN)[number];

const issued = ({ anchor, named }: Shown): Promise<IssuedCertificate> => {
  const { authority } = mesh.local;
  const issuer = anchor === named ? authority : authority.swapped();
  return named === 'services' ? issuer.issueService('exchange') : issuer.issueApplication(OFFICE);
};

const filesOf = (name: string): IdentityFiles => {
  const files = mesh.local.mesh().certificates[name];
  if (!files) throw new Error(`no certificate of ${name}`);
  return files;
};

/** The prefix of the consumer groups that a certificate may use: the name of a service, or the enterprise number of an institution. */
const groupOf = (name: string): string => (name === 'welfare-office' ? OFFICE.enterpriseNumber : name);

const writersOf = (topic: string): readonly string[] =>
  TOPIC_NAMES.flatMap((name) => (name === topic ? [producerOf(name)] : [])).concat(
    SERVICES.filter((name) => topic.startsWith(serviceNamed(name).institutionTopics?.prefix ?? '-')),
  );

const identityOf = (name: string): IssuedCertificate => {
  const files = filesOf(name);
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
};

let withoutRights: Promise<IssuedCertificate> | undefined;

/** Registered, for nothing. Resolves when all services know it. */
const applicationWithoutRights = (): Promise<IssuedCertificate> => {
  withoutRights ??= (async () => {
    const name = 'without-rights';
    const issued = await mesh.local.authority.issueApplication({ ...OFFICE, application: name });
    await mesh.as('administrator').authorization.registerApplication({
      requestId: newRequestId(),
      application: {
        enterpriseNumber: OFFICE.enterpriseNumber,
        name,
        spkiHashes: [spkiOfPem(issued.certificate)],
        rights: [],
        notAfter: registeredUntil(),
      },
    });
    for (const server of SERVERS.filter((one) => !SERVERS_OF_INSTITUTIONS.includes(one))) {
      const own = client(server, 'institutions', issued);
      await eventually(
        () => own.call(anyRpc(server), nothing),
        ({ reason }) => reason !== 'KEY_NOT_REGISTERED',
      );
    }
    return issued;
  })();
  return withoutRights;
};

const anyRpc = (server: string): string => RPCS_OF[server]?.[0]?.path ?? '';

const nothing = [Buffer.alloc(0)];

/** The kinds of rights of the callers that are institutions. */
const RIGHTS_OF_CALLERS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  institutionEntries().map(([name, { rights }]) => [name, rights.map((right) => right.split(':')[0] ?? '')]),
);

/** Which certificate may call which rpc and use which topic, on a mesh that others may have used. */
export const certificates = (running: () => WholeMesh): void => {
  beforeAll(async () => {
    mesh = running();
    await mesh.load(() => generatedPeople(2));
  });

  afterAll(() => {
    for (const client of clients) client.close();
  });

  describe.each(SERVERS)('%s', (server) => {
    const callAs = (listener: Anchor, own: IssuedCertificate | undefined, path = anyRpc(server)): Promise<Ending> =>
      client(server, listener, own).call(path, nothing);
    /** What a listener is for, by an authority. */
    const issueFor = (listener: Anchor, issuer: CertificateAuthorities, validity: Validity = {}) =>
      listener === 'services'
        ? issuer.issueService('exchange', validity)
        : issuer.issueApplication({ ...OFFICE, ...validity });

    describe.each(listenersOf(server))(`at its listener for %s`, (listener) => {
      it(`${server} refuses ${listener} of another authority, expired certificates, and callers without one`, async () => {
        const other = await CertificateAuthorities.create('crossroads.test');
        const expired = { notBefore: new Date(Date.now() - 2 * DAY), notAfter: new Date(Date.now() - DAY) };
        for (const own of [
          await issueFor(listener, other),
          await issueFor(listener, mesh.local.authority, expired),
          undefined,
        ])
          expect(await callAs(listener, own)).toMatchObject({ code: 'UNAVAILABLE' });
      });

      it(`${server} refuses ${listener} of another trust domain, also of the trusted authority`, async () => {
        const elsewhere = await CertificateAuthorities.open(mesh.local.folder.certificates, 'elsewhere.test');
        expect(await callAs(listener, await issueFor(listener, elsewhere))).toMatchObject({ code: 'UNAUTHENTICATED' });
      });

      it(`${server} accepts TLS 1.3 and no older version of ${listener}`, async () => {
        const { certificate: cert, key } = await issueFor(listener, mesh.local.authority);
        const identity = { ca: caOf(server), cert, key };
        expect(await agreedTls(addressOf(server, listener), identity, 'TLSv1.3')).toBe('TLSv1.3');
        expect(await agreedTls(addressOf(server, listener), identity, 'TLSv1.2')).toBe(TOO_OLD);
      });
    });

    it.each(SHOWN.filter(({ listener }) => listenersOf(server).includes(listener)))(
      `${server} believes of the authority of $anchor, at its listener for $listener, a certificate of $named only where all three are the same`,
      async (shown) => {
        const { code, reason } = await callAs(shown.listener, await issued(shown));
        if (shown.anchor !== shown.listener) expect(code).toBe('UNAVAILABLE');
        else if (shown.named !== shown.listener)
          expect([code, reason]).toEqual(['UNAUTHENTICATED', 'CERTIFICATE_OF_ANOTHER_KIND']);
        else expect(['UNAVAILABLE', 'UNAUTHENTICATED']).not.toContain(code);
      },
    );

    it(`${server} refuses the certificate of the portal where services connect`, async () => {
      expect(await callAs('services', identityOf(portal.name))).toMatchObject({ code: 'UNAVAILABLE' });
    });

    const rpcs = RPCS_OF[server] ?? [];
    const ofInstitutions = rpcs.filter(({ callers }) => callers.includes('institution'));

    const guarded = rpcs.filter(({ path }) => rightsFor(path).length > 0);

    if (guarded.length > 0)
      it(`${server} refuses every rpc to an application without the right for it`, async () => {
        const without = client(server, 'institutions', await applicationWithoutRights());
        for (const { path } of guarded)
          expect([path, await without.call(path, nothing)]).toEqual([
            path,
            { code: 'PERMISSION_DENIED', reason: 'RIGHT_MISSING' },
          ]);
      });

    if (ofInstitutions.length > 0)
      it(`${server} refuses every rpc to a key that its institution has not registered`, async () => {
        const stranger = client(server, 'institutions', await mesh.local.authority.issueApplication(OFFICE));
        for (const { path } of ofInstitutions)
          expect(await stranger.call(path, nothing)).toEqual({
            code: 'PERMISSION_DENIED',
            reason: 'KEY_NOT_REGISTERED',
          });
      });

    it.each(Object.entries(CALLERS))(
      `${server} lets %s call the rpcs of the topology, and no other`,
      async (name, kind) => {
        const caller = clientOf(server, name);
        const isForOthers = listenerFor(server, name) !== anchorOf(name);
        for (const { path, callers } of rpcs) {
          const { code, reason } = await caller.call(path, nothing, { isEndless: path.endsWith('/Watch') });
          if (isForOthers) expect([path, code]).toEqual([path, 'UNAVAILABLE']);
          else if (callers.includes(kind)) {
            expect([path, code === 'UNIMPLEMENTED']).toEqual([path, false]);
            expect([path, reason === 'CALLER_NOT_ALLOWED']).toEqual([path, false]);
            if (reason === 'RIGHT_MISSING') expect(RIGHTS_OF_CALLERS[name]).not.toContain(rightsFor(path)[0]);
            else if (OF_CITIZENS.some((one) => one === path))
              // A request with wrong fields is refused before somebody is looked for.
              expect([path, code]).toEqual([path, code === 'INVALID_ARGUMENT' ? code : 'UNAUTHENTICATED']);
          } else expect([path, code, reason]).toEqual([path, 'PERMISSION_DENIED', 'CALLER_NOT_ALLOWED']);
        }
      },
    );

    const past = rpcs.find(({ service }) => service === EVENTS);
    if (past)
      it(`${server} returns events only to readers of the topic`, async () => {
        for (const name of SERVICES.filter((one) => past.callers.includes(`service:${one}`))) {
          const caller = clientOf(server, name);
          for (const topic of TOPIC_NAMES) {
            const { code, reason } = await caller.call(past.path, [
              Buffer.from(ReadRequest.encode({ topic, partition: 0, after: undefined }).finish()),
            ]);
            const serves = producerOf(topic) === server ? 'OK' : 'INVALID_ARGUMENT';
            if (mayRead(name, topic)) expect([name, topic, code]).toEqual([name, topic, serves]);
            else
              expect([name, topic, code, reason]).toEqual([name, topic, 'PERMISSION_DENIED', 'TOPIC_NOT_FOR_CALLER']);
          }
        }
      });
  });

  describe('Kafka', () => {
    const ofOffice = [DELIVERIES, EBOX_EVENTS].map((topics) => topicOfInstitution(topics, OFFICE.enterpriseNumber));
    const topics: readonly string[] = [...TOPIC_NAMES, ...ofOffice];
    const callers = [...SERVICES.filter((name) => name !== portal.name), 'local', 'welfare-office', 'citizen-portal'];
    const as = (name: string): Kafka => kafkaAs(brokers(name === 'kafka' ? 'services' : anchorOf(name)), filesOf(name));
    const pairs = callers.flatMap((name) => topics.map((topic) => ({ name, topic })));
    const REFUSED = 'TOPIC_AUTHORIZATION_FAILED';

    /** The broker-keeper sees topics of institutions, and may use no consumer group to read them with. */
    const refusalOf = (name: string, topic: string): string =>
      name === brokerKeeper.name && ofOffice.includes(topic) ? 'Failed to find group coordinator' : REFUSED;

    beforeAll(async () => {
      for (const topic of ofOffice) await makeTopic(as('kafka'), topic);
    });

    onKafka('Kafka lets each certificate read the topics of the topology, and no other', async () => {
      // Without the right to describe a topic the metadata request fails; with it but without the right to read, the fetch fails.
      const expected = pairs.map(({ name, topic }) => [
        name,
        topic,
        mayRead(name, topic) ? 'OK' : refusalOf(name, topic),
      ]);
      const found = await Promise.all(
        pairs.map(async ({ name, topic }) => [name, topic, await reading(as(name), topic, groupOf(name))]),
      );
      expect(found).toEqual(expected);
    });

    onKafka('Kafka lets each certificate write to the topics of the topology, and to no other', async () => {
      const refused = pairs.filter(({ name, topic }) => !writersOf(topic).includes(name));
      const found = await Promise.all(
        refused.map(async ({ name, topic }) => [name, topic, await writing(as(name), topic)]),
      );
      expect(found).toEqual(refused.map(({ name, topic }) => [name, topic, REFUSED]));
    });

    onKafka('Kafka refuses a service the consumer group of another', async () => {
      // kafkajs's text for GROUP_AUTHORIZATION_FAILED. The service may read the topic itself.
      const kafka = as('reference-directory');
      expect(await reading(kafka, 'crossroads.person.v1', 'subscription')).toBe('Failed to find group coordinator');
    });

    onKafka('Kafka accepts TLS 1.3 and no older version', async () => {
      const ca = mesh.local.authority.certificateOf('services');
      for (const name of ['exchange', 'welfare-office']) {
        const [broker = ''] = brokers(anchorOf(name));
        const { certificate: cert, key } = identityOf(name);
        expect(await agreedTls(broker, { ca, cert, key }, 'TLSv1.3')).toBe('TLSv1.3');
        expect(await agreedTls(broker, { ca, cert, key }, 'TLSv1.2')).toBe(TOO_OLD);
      }
    });

    it.each(SHOWN)(
      'Kafka takes of the authority of $anchor, at its listener for $listener, a certificate of $named only where all three are the same',
      async (shown) => {
        if (mesh.kafkaAbsent !== undefined) return;
        const { anchor, named, listener } = shown;
        const ca = mesh.local.authority.certificateOf('services');
        expect(await isTaken(brokers(listener), ca, await issued(shown))).toBe(
          anchor === listener && named === listener,
        );
      },
    );
  });

  describe("another institution's certificate", () => {
    const [ssin = ''] = generatedSsins(1);
    const office = numberOf('welfare-office');

    it.each<[string, (name: InstitutionName) => Promise<unknown>]>([
      [
        'consult',
        (name) =>
          mesh
            .as(name)
            .consult({ customer: office, ssin, legalContext: 'PCSA:SOCIAL_INQUIRY', dataServices: [IDENTIFICATION] }),
      ],
      [
        'inscribe',
        (name) =>
          mesh.as(name).directory.inscribe({
            requestId: newRequestId(),
            institution: office,
            ssin,
            inscriptionContext: '17/2',
            period: undefined,
          }),
      ],
      [
        'list inscriptions',
        (name) =>
          mesh.as(name).directory.listInscriptions({ institution: office, ssin: '', pageSize: 1, pageToken: '' }),
      ],
      [
        'list subscriptions',
        (name) => mesh.as(name).subscriptions.listSubscriptions({ institution: office, pageSize: 1, pageToken: '' }),
      ],
      [
        'withdraw a key',
        (name) =>
          mesh.as(name).authorization.withdrawKey({
            requestId: newRequestId(),
            enterpriseNumber: office,
            application: 'welfare-office',
            spkiHash: 'A'.repeat(43),
          }),
      ],
      [
        'decide on a deliberation',
        (name) =>
          mesh.as(name).authorization.revokeDeliberation({
            requestId: newRequestId(),
            deliberationId: newRequestId(),
            reason: 'none',
          }),
      ],
    ])('an institution cannot %s in the name of another', async (_what, call) => {
      const error: unknown = await call('health-fund').catch((failed: unknown) => failed);
      expect(error).toBeInstanceOf(RemoteError);
      expect(error).toMatchObject({ code: 7 });
    });
  });

  describe('a document provider', () => {
    it('a document provider cannot publish in the name of an institution that it does not represent', async () => {
      const [ssin = ''] = generatedSsins(1);
      const message = messageTo(ssin, [Document.fromPartial(DOCUMENT)], { sender: OFFICE.enterpriseNumber });
      const error: unknown = await mesh
        .as(PROVIDER)
        .publications.publishMessage({ message })
        .catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code: 7, reason: 'NOT_THE_SENDER' });
    });

    it('an institution that is no document provider gets one answer, whoever the recipient is', async () => {
      const answers = await Promise.all(
        [...generatedSsins(2), '0', ''].map((ssin) =>
          mesh
            .as('health-fund')
            .publications.publishMessage({ message: messageTo(ssin, [Document.fromPartial(DOCUMENT)]) })
            .catch((failed: unknown) => failed),
        ),
      );
      expect(new Set(answers.map((error) => `${Reflect.get(Object(error), 'reason')} ${String(error)}`)).size).toBe(1);
      expect(answers[0]).toMatchObject({ code: 7, reason: 'RIGHT_MISSING' });
    });
  });

  describe('500 fuzzed requests', () => {
    /** A heap grows by some MB before it is collected; a leak grows with each request. */
    const MAX_GROWTH_MB = 64;
    const CLIENTS = 8;
    let first: readonly FuzzedRequest[];
    let counted: readonly FuzzedRequest[];

    beforeAll(() => {
      first = fuzzedRequests(250, 1, generatedSsins(2));
      counted = fuzzedRequests(500, 2, generatedSsins(2));
    });

    it.each(SERVERS)(
      '%s answers 500 fuzzed requests without a crash, an internal error or a memory leak',
      async (server) => {
        // `Watch` does not end.
        const rpcs = (RPCS_OF[server] ?? [])
          .filter(({ path }) => !path.endsWith('/Watch'))
          .flatMap(({ path, callers }) =>
            ['administrator', 'municipality', 'pension-office', callers[0]?.replace('service:', '') ?? '']
              .filter((name) => callers.includes(CALLERS[name] ?? 'institution') && name !== 'institution')
              .map((name) => ({ path, from: clientOf(server, name) })),
          );
        const pid = mesh.pidOf(server);
        const endings = new Map<string, number>();
        const send = async (requests: readonly FuzzedRequest[]): Promise<void> => {
          const queue = requests.values();
          const one = async (): Promise<void> => {
            for (const { share, messages } of queue) {
              const rpc = rpcs[Math.floor(share * rpcs.length)];
              if (!rpc) throw new RangeError('no rpc');
              const { code } = await rpc.from.call(rpc.path, messages);
              endings.set(code, (endings.get(code) ?? 0) + 1);
            }
          };
          await Promise.all(Array.from({ length: CLIENTS }, one));
        };
        await send(first);
        const before = residentMb(pid);
        await send(counted);
        const after = residentMb(pid);
        progress(
          `${server}: ${before.toFixed(0)} → ${after.toFixed(0)} MB, ${JSON.stringify(Object.fromEntries(endings))}`,
        );
        expect(mesh.pidOf(server)).toBe(pid);
        for (const never of ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'UNAVAILABLE'])
          expect([never, endings.get(never) ?? 0]).toEqual([never, 0]);
        expect(endings.get('INVALID_ARGUMENT') ?? 0).toBeGreaterThan(100);
        expect(after - before).toBeLessThan(MAX_GROWTH_MB);
      },
    );
  });
};
