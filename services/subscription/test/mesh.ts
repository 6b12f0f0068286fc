import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';
import {
  type Connection,
  connect,
  GrpcTransport,
  nestLogger,
  type RunningServer,
  spkiOf,
  type TlsFiles,
} from '@crossroads/grpc';
import type { Broker } from '@crossroads/messaging';
import { TopicSealing } from '@crossroads/messaging';
import { FileKeyProvider, generateKeyFile, TopicSealer } from '@crossroads/privacy';
import { eventually, freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link, PolicyFeed, TestPublisher, ServiceProcess, type TestBus, testBus } from '@crossroads/testing/mesh';
import { newReceiptKey, readReceiptKeys } from '@crossroads/transparency';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { DirectoryStandIn } from './directory-stand-in.js';

export { refusalOf } from '@crossroads/testing';

export const TRUST_DOMAIN = 'crossroads.test';
const KEYS = [
  'subject-keys',
  'page-tokens',
  'pseudonyms',
  'crossroads.person.v1',
  'crossroads.mutation.v1',
  'crossroads.access.v1',
];
const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

export type SubscriptionClient = Connection<typeof SubscriptionServiceService>;

/** Databases, certificates, bus and the other processes around subscription. */
export class TestMesh {
  readonly policy = new PolicyFeed();
  readonly directory = new DirectoryStandIn();
  readonly receipts = newReceiptKey();
  private readonly folder = mkdtempSync(join(tmpdir(), 'crossroads-subscription-'));
  private readonly endings: (() => Promise<unknown> | void)[] = [];
  private files = 0;
  private env: Readonly<Record<string, string>> = {};

  private constructor(
    readonly bus: TestBus,
    readonly database: TestDatabase,
    readonly keys: TestDatabase,
    /** Between the service and its databases. */
    readonly databaseLink: Link,
  ) {}

  static async start(bus: 'kafka' | 'embedded'): Promise<TestMesh> {
    const [database, keys] = [await testDatabase(), await testDatabase()];
    const { link } = await Link.ofUrl(database.url);
    const mesh = new TestMesh(await testBus(bus, TRUST_DOMAIN), database, keys, link);
    await mesh.prepare();
    return mesh;
  }

  private publishers: Readonly<Record<'registry' | 'exchange', TestPublisher>> | undefined;

  get registry(): TestPublisher {
    return this.publisherOf('registry');
  }

  get exchange(): TestPublisher {
    return this.publisherOf('exchange');
  }

  private publisherOf(name: 'registry' | 'exchange'): TestPublisher {
    if (!this.publishers) throw new Error('the mesh is not prepared');
    return this.publishers[name];
  }

  get receiptKeys() {
    return readReceiptKeys(JSON.stringify({ [this.receipts.keyId]: this.receipts.publicPem }));
  }

  get keyFile(): string {
    return join(this.folder, 'keys.json');
  }

  private async prepare(): Promise<void> {
    const tls = await this.service('subscription');
    await this.bus.allow('subscription');
    await generateKeyFile(this.keyFile, KEYS);
    writeFileSync(join(this.folder, 'receipts.pem'), this.receipts.privatePem);
    this.publishers = {
      registry: await this.publisher('person-registry', 'crossroads.person.v1'),
      exchange: await this.publisher('exchange', 'crossroads.mutation.v1'),
    };
    const through = (direct: string) => {
      const url = new URL(direct);
      [url.hostname, url.port] = ['127.0.0.1', String(this.databaseLink.port)];
      return url.href;
    };
    this.env = {
      ...this.bus.env,
      DATABASE_URL: through(this.database.url),
      DATABASE_MIGRATOR_URL: through(this.database.migratorUrl),
      KEYS_DATABASE_URL: through(this.keys.url),
      KEYS_DATABASE_MIGRATOR_URL: through(this.keys.migratorUrl),
      TLS_CA_FILE: tls.ca,
      TLS_CERT_FILE: tls.cert,
      TLS_KEY_FILE: tls.key,
      KEY_FILE: this.keyFile,
      RECEIPT_KEY_FILE: join(this.folder, 'receipts.pem'),
      AUTHORIZATION_ADDRESS: await this.policy.start(await this.service('authorization'), TRUST_DOMAIN),
      REFERENCE_DIRECTORY_ADDRESS: await this.directory.start(await this.service('reference-directory'), TRUST_DOMAIN),
      PERSON_REGISTRY_ADDRESS: this.registry.address,
      EXCHANGE_ADDRESS: this.exchange.address,
    };
  }

  private async publisher(name: string, topic: string): Promise<TestPublisher> {
    return TestPublisher.start({
      name,
      topic,
      broker: this.bus.broker,
      sealing: this.sealing(name),
      tls: await this.service(name),
      trustDomain: TRUST_DOMAIN,
    });
  }

  sealing(producer: string, keyFile = this.keyFile): TopicSealing {
    return new TopicSealing(new TopicSealer({ keys: new FileKeyProvider(keyFile), producer }));
  }

  defer(end: () => Promise<unknown> | void): void {
    this.endings.unshift(end);
  }

  service(name: string): Promise<TlsFiles> {
    return this.write(this.bus.issue((authority) => authority.issueService(name)));
  }

  institution(enterpriseNumber: string, application = 'desk', notAfter?: Date): Promise<TlsFiles> {
    const subject = { application, enterpriseNumber, ...(notAfter ? { notAfter } : {}) };
    return this.write(this.bus.issue((authority) => authority.issueApplication(subject)));
  }

  async write(
    issued: Promise<{ readonly ca: string; readonly cert: string; readonly key: string }>,
  ): Promise<TlsFiles> {
    const { ca, cert, key } = await issued;
    const base = join(this.folder, String(++this.files));
    writeFileSync(`${base}.pem`, cert);
    writeFileSync(`${base}.key`, key, { mode: 0o600 });
    writeFileSync(`${base}-ca.pem`, ca);
    return { ca: `${base}-ca.pem`, cert: `${base}.pem`, key: `${base}.key` };
  }

  /** The application in this process, with the providers that a spec overrides. Resolves when it listens. */
  async startInProcess(
    override: (testing: TestingModuleBuilder) => TestingModuleBuilder = (testing) => testing,
  ): Promise<RunningServer> {
    const testing = Test.createTestingModule({ imports: [AppModule] }).setLogger(nestLogger);
    const env = { ...service.defaults, ...this.env, GRPC_PORT: '0' };
    for (const settings of service.settings)
      testing.overrideProvider(settings).useFactory({ factory: () => new settings(env) });
    const module = await override(testing).compile();
    const transport = module.get(GrpcTransport);
    const application = module.createNestMicroservice({ strategy: transport });
    this.defer(() => application.close());
    await application.listen();
    return transport.unwrap<RunningServer>();
  }

  /** A process of its own. Resolves when it answers the holder of `tls`, for which it needs the policy. */
  async run(tls: TlsFiles, port?: number): Promise<RunningSubscription> {
    const at = port ?? (await freePort());
    const client = this.client(at, tls);
    const listed = () =>
      client.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' }, { deadlineMs: 2_000 }).then(
        () => true,
        () => false,
      );
    const child = await ServiceProcess.start(main, { ...this.env, GRPC_PORT: String(at) }, listed);
    this.defer(() => child.stop('SIGKILL'));
    return { child, port: at };
  }

  client(port: number, tls: TlsFiles): SubscriptionClient {
    const server = { kind: 'service', name: 'subscription' } as const;
    const client = connect(SubscriptionServiceService, `127.0.0.1:${port}`, { tls, trustDomain: TRUST_DOMAIN, server });
    this.defer(() => client.close());
    return client;
  }

  async events(port: number, name: string) {
    const server = { kind: 'service', name: 'subscription' } as const;
    const tls = await this.service(name);
    const client = connect(EventsServiceService, `127.0.0.1:${port}`, { tls, trustDomain: TRUST_DOMAIN, server });
    this.defer(() => client.close());
    return client;
  }

  /** The bus as an institution's application reaches it. */
  async busOf(enterpriseNumber: string, { ca, cert, key }: TlsFiles): Promise<Broker> {
    const broker = await this.bus.open({ ca, cert, key }, `${enterpriseNumber}.spec`);
    this.defer(() => broker.close());
    return broker;
  }

  /** The number of rows, looked at where nobody else may. */
  async asAdmin(sql: string, params: readonly unknown[]): Promise<number> {
    const client = new pg.Client({ connectionString: this.database.adminUrl });
    await client.connect();
    const { rowCount } = await client.query(sql, [...params]);
    await client.end();
    return rowCount ?? 0;
  }

  async stop(): Promise<void> {
    for (const end of this.endings) await end();
    await this.registry.stop();
    await this.exchange.stop();
    await this.policy.stop();
    await this.directory.stop();
    await this.bus.stop();
    this.databaseLink.close();
    await this.database.drop();
    await this.keys.drop();
    await (await testPostgres()).stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface RunningSubscription {
  readonly child: ServiceProcess;
  readonly port: number;
}

export const spkiHash = ({ cert }: TlsFiles): string => spkiOf(new X509Certificate(readFileSync(cert)));

export { eventually };
