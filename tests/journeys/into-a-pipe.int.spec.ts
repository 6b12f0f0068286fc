import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import {
  Subscription,
  SubscriptionServiceService,
  SubscriptionState,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { type RunningServer, serve, startServer } from '@crossroads/grpc';
import { ANCHORS, anchorFile, CertificateAuthorities, type IdentityFiles, identityFiles, run } from '@crossroads/local';
import { type Broker, embeddedLogMigrations, openBroker } from '@crossroads/messaging';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { SERVICES } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../whole-mesh.js';

const COMMAND = join(ROOT, 'libs', 'client', 'dist', 'cli', 'crossroads.js');
const TRUST_DOMAIN = 'crossroads.test';
const FUND = '0999000525';
const TOPIC = `crossroads.deliveries.${FUND}.v1`;
/** Longer than the buffer of a pipe, so that the write waits for a reader. */
const MORE_THAN_A_PIPE = 'x'.repeat(300_000);

describe('output of the command line to a closed pipe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-pipe-'));
  let database: TestDatabase;
  let broker: Broker;
  let server: RunningServer;
  let pages = 0;

  beforeAll(async () => {
    const authority = await CertificateAuthorities.create(TRUST_DOMAIN);
    for (const anchor of ANCHORS) writeFileSync(anchorFile(folder, anchor), authority.certificateOf(anchor));
    const service = await identityFiles(folder, 'subscription', authority, (ca) => ca.issueService('subscription'));
    const fund = await identityFiles(folder, 'fund', authority, (ca) =>
      ca.issueApplication({ application: 'fund', enterpriseNumber: FUND }),
    );
    server = await listsWithoutEnd(service, anchorFile(folder, 'institutions'), () => pages++);
    database = await testDatabase(...embeddedLogMigrations);
    broker = await openBroker({ clientId: 'spec', embeddedLogUrl: database.url });
    const institutionsAddress = `127.0.0.1:${server.institutionsPort}`;
    const mesh = {
      trustDomain: TRUST_DOMAIN,
      services: Object.fromEntries(SERVICES.map((name) => [name, { institutionsAddress }])),
      certificates: { fund },
      broker: { kind: 'embedded', url: database.url },
    };
    writeFileSync(join(folder, 'mesh.json'), JSON.stringify(mesh));
  });
  afterAll(async () => {
    await server.stop();
    await broker.close();
    await database.drop();
    await (await testPostgres()).stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `crossroads … | head -n <lines>`. `read` is the output of head; `errors` is what the command wrote to stderr, and its exit code. */
  const head = async (lines: number, ...args: readonly string[]) => {
    const errorFile = join(folder, randomUUID());
    const script = `{ "$@" 2>"${errorFile}"; echo "exit code $?" >>"${errorFile}"; } | head -n ${lines}; cat "${errorFile}" >&2`;
    const { output } = await run('sh', ['-c', `(${script}) 2>&1`, 'sh', process.execPath, COMMAND, ...args], {
      env: { ...process.env, CROSSROADS_DATA: folder },
    });
    const all = output.split('\n');
    return { read: all.slice(0, lines), errors: all.slice(lines) };
  };

  it('the command line requests no more pages when its pipe is closed, prints no error, and ends with 0', async () => {
    const { read, errors } = await head(1, 'subscriptions', '--as', 'fund');
    expect(read).toEqual([expect.stringContaining('person.identification.v1')]);
    expect(errors).toEqual(['exit code 0']);
    expect(pages).toBeGreaterThan(0);
  });

  it('the command line lists everything when the reader reads everything', async () => {
    const { read, errors } = await head(2_000, 'subscriptions', '--as', 'fund');
    expect(read).toHaveLength(2_000);
    expect(errors).toEqual(['exit code 0']);
  });

  it('the command line stops reading deliveries when its pipe is closed, and reads them again the next time', async () => {
    await broker.ensureTopic({ name: TOPIC, retentionDays: 1 });
    const subscriptionId = randomUUID();
    await broker.publish(
      TOPIC,
      [1n, 2n, 3n].map((sequence) => closing(subscriptionId, sequence)),
    );
    const first = await head(1, 'deliveries', '--as', 'fund');
    expect(first.read).toEqual([expect.stringMatching(/^1 {2}subscription .* is closed: x+$/)]);
    expect(first.errors).toEqual(['exit code 0']);
    const second = await head(2, 'deliveries', '--as', 'fund');
    expect(second.read.map((line) => line.slice(0, 3))).toEqual(['1  ', '2  ']);
    expect(second.errors).toEqual(['exit code 0']);
  });

  const closing = (subscriptionId: string, sequence: bigint) => ({
    id: `${subscriptionId}:${sequence}`,
    source: 'urn:crossroads:service:subscription',
    type: 'subscription.deliveries.notify.closed',
    service: 'crossroads.deliveries.v1',
    time: new Date(),
    key: subscriptionId,
    data: Delivery.encode(
      Delivery.fromPartial({
        deliveryVersion: 1,
        sequence,
        subscriptionId,
        content: { $case: 'closing', value: { reason: MORE_THAN_A_PIPE } },
      }),
    ).finish(),
  });
});

const someSubscription = (): Subscription =>
  Subscription.fromPartial({
    subscriptionId: randomUUID(),
    institution: FUND,
    inscriptionContext: 'PCSA:LIVING_WAGE',
    dataService: 'person.identification.v1',
    legalContext: 'PCSA:SOCIAL_INQUIRY',
    allInscribed: true,
    namedPersons: 0,
    state: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
    topic: TOPIC,
    lastSequence: 0n,
    openTime: undefined,
    closingReason: '',
  });

/** A subscription service whose list has a next page after every page. */
const listsWithoutEnd = (tls: IdentityFiles, institutionsCa: string, onPage: () => void): Promise<RunningServer> => {
  const { listSubscriptions } = SubscriptionServiceService;
  const subscriptions = Array.from({ length: 500 }, someSubscription);
  const service = serve(
    { listSubscriptions },
    {
      listSubscriptions: async () => {
        onPage();
        return { subscriptions, nextPageToken: 'more' };
      },
    },
    { allow: { listSubscriptions: ['institution'] } },
  );
  return startServer({
    host: '127.0.0.1',
    port: 0,
    tls: { ca: tls.ca, cert: tls.certificate, key: tls.key },
    institutions: { port: 0, ca: institutionsCa },
    trustDomain: TRUST_DOMAIN,
    domain: 'subscription.crossroads',
    services: [service],
  });
};
