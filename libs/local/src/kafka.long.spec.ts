import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CertificateAuthorities, type IdentityFiles, identityFiles } from './certificates.js';
import { javaVersion } from './java.js';
import { type Kafka, kafkaAbsence, startKafka } from './kafka.js';
import { kafkaAdmin, kafkaAnswers } from './kafka-client.js';
import { prepareTopics } from './kafka-topics.js';
import { freePort } from './ports.js';

const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-kafka-'));
const { KAFKA_BROKERS: _, ...environment } = process.env;
const why = await kafkaAbsence(environment);
if (why !== undefined) process.stderr.write(`SKIPPED, no Kafka: ${why}\n`);
let ca: CertificateAuthorities;
let ports: { readonly port: number; readonly institutionsPort: number; readonly controllerPort: number };

beforeAll(async () => {
  ca = await CertificateAuthorities.open(join(dataFolder, 'certificates'), 'crossroads.test');
  ports = { port: await freePort(), institutionsPort: await freePort(), controllerPort: await freePort() };
});
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

const APPLICATION = { application: 'desk', enterpriseNumber: '0999000426' };
const applicationOf = (issuer: CertificateAuthorities) => issuer.issueApplication(APPLICATION);

/** Whether a broker takes the certificate, whatever it may do then. */
const connects = async (brokers: readonly string[], files: IdentityFiles): Promise<boolean> => {
  const admin = kafkaAdmin(brokers, files, 1);
  try {
    await admin.connect();
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

const noDocker = async () => false;

describe('finding Kafka', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_412"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['command not found', undefined],
  ])('the version of Java is read from %p', (text, version) => {
    expect(javaVersion(text)).toBe(version);
  });

  it('startKafka returns the reason where there is neither Java nor a Docker engine', async () => {
    const nowhere = { PATH: '/nowhere' };
    const why = 'there is no Java on this machine, and no Docker engine answers';
    const kafka = await startKafka({
      dataFolder,
      ...ports,
      authority: ca,
      environment: nowhere,
      hasDocker: noDocker,
    });
    expect(kafka).toMatchObject({ kind: 'none', why });
    expect(await kafkaAbsence(nowhere, noDocker)).toBe(why);
    expect(await kafkaAbsence({ ...nowhere, KAFKA_BROKERS: 'localhost:1' }, noDocker)).toBeUndefined();
  });

  it('the error for an unreachable broker of KAFKA_BROKERS says what to do', async () => {
    const start = startKafka({
      dataFolder,
      ...ports,
      authority: ca,
      environment: { ...environment, KAFKA_BROKERS: 'localhost:1' },
    });
    await expect(start).rejects.toThrow(/KAFKA_BROKERS \(localhost:1\) does not answer .* unset the variable/);
  });
});

(why === undefined ? describe : describe.skip)('a Kafka of this machine', () => {
  let kafka: Extract<Kafka, { kind: 'kafka' }>;
  beforeAll(async () => {
    const started = await startKafka({ dataFolder, ...ports, authority: ca, environment });
    if (started.kind === 'none') throw new Error(started.why);
    kafka = started;
    await prepareTopics(kafka.brokers, kafka.admin);
  });
  afterAll(() => kafka.stop());

  const as = (name: string, authority = ca): Promise<IdentityFiles> =>
    identityFiles(join(dataFolder, 'certificates'), name, authority, (issuer) => issuer.issueService(name));
  const topicsSeenBy = async (brokers: readonly string[], name: string): Promise<string[]> => {
    const admin = kafkaAdmin(brokers, await as(name), 3);
    await admin.connect();
    try {
      return (await admin.listTopics()).toSorted((a, b) => a.localeCompare(b));
    } finally {
      await admin.disconnect();
    }
  };

  it('Kafka shows a service only the topics that it writes or reads', async () => {
    // Kafka takes ACLs over a moment after it has answered.
    for (const until = Date.now() + 20_000; Date.now() < until; )
      if ((await topicsSeenBy(kafka.brokers, 'reference-directory')).length > 0) break;
    expect(await topicsSeenBy(kafka.brokers, 'reference-directory')).toEqual([
      'crossroads.access.directory.v1',
      'crossroads.person.v1',
    ]);
    expect((await topicsSeenBy(kafka.brokers, 'access-audit')).toSorted()).toEqual([
      'crossroads.access.directory.v1',
      'crossroads.access.ebox.v1',
      'crossroads.access.exchange.v1',
      'crossroads.access.subscription.v1',
      'crossroads.person.v1',
    ]);
    expect(await topicsSeenBy(kafka.brokers, 'authorization')).toEqual([]);
    expect(await topicsSeenBy(kafka.brokers, 'nobody')).toEqual([]);
    expect(await topicsSeenBy(kafka.brokers, 'subscription')).toEqual([
      'crossroads.access.subscription.v1',
      'crossroads.mutation.v1',
      'crossroads.person.v1',
    ]);
  });

  it('Kafka refuses a certificate of another CA', async () => {
    const other = await CertificateAuthorities.create('crossroads.test');
    const files = await identityFiles(join(dataFolder, 'certificates'), 'stranger', other, (issuer) =>
      issuer.issueService('kafka'),
    );
    expect(await kafkaAnswers(kafka.brokers, files)).toBe(false);
  });

  it.each([
    [
      'a service at the listener for institutions',
      'services',
      (issuer: CertificateAuthorities) => issuer.issueService('exchange'),
    ],
    ['an application at the listener for services', 'institutions', applicationOf],
    [
      'a service, of the authority of institutions, at the listener for institutions',
      'services',
      (issuer: CertificateAuthorities) => issuer.swapped().issueService('exchange'),
    ],
    [
      'an application, of the authority of services, at the listener for services',
      'institutions',
      (issuer: CertificateAuthorities) => issuer.swapped().issueApplication(APPLICATION),
    ],
    [
      "the broker's own name, of the authority of institutions, at the listener for institutions",
      'services',
      (issuer: CertificateAuthorities) => issuer.swapped().issueService('kafka'),
    ],
  ])('Kafka refuses %s', async (what, own, issue) => {
    const files = await identityFiles(join(dataFolder, 'certificates'), what.replaceAll(/[^a-z]/g, '-'), ca, issue);
    expect(await connects(own === 'services' ? kafka.institutionBrokers : kafka.brokers, files)).toBe(false);
  });

  it('Kafka takes each certificate at the listener for its kind', async () => {
    expect(await connects(kafka.brokers, await as('exchange'))).toBe(true);
    const application = await identityFiles(join(dataFolder, 'certificates'), 'application', ca, applicationOf);
    expect(await connects(kafka.institutionBrokers, application)).toBe(true);
  });

  it('Kafka is restarted with its topics after SIGKILL', async () => {
    await kafka.killAndWait?.();
    expect((await topicsSeenBy(kafka.brokers, 'access-audit')).toSorted()).toEqual([
      'crossroads.access.directory.v1',
      'crossroads.access.ebox.v1',
      'crossroads.access.exchange.v1',
      'crossroads.access.subscription.v1',
      'crossroads.person.v1',
    ]);
  });
});
