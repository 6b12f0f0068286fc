import 'reflect-metadata';
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { SourceServiceService } from '@crossroads/contracts/source/v1/source_service';
import { connect, GrpcTransport, nestLogger, type RunningServer, spkiOf, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority } from '@crossroads/local';
import { openBroker } from '@crossroads/messaging';
import { generateKeyFile } from '@crossroads/privacy';
import { eventually, freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link, PolicyFeed } from '@crossroads/testing/mesh';
import { newReceiptKey, type ReceiptKey, readReceiptKey } from '@crossroads/transparency';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { AppModule } from '../src/app.module.js';
import { FIELD_GROUPS } from '../src/person/facts.js';
import { service } from '../src/service.js';

const TRUST_DOMAIN = 'crossroads.test';
const ALL_GROUPS = [...FIELD_GROUPS];

/** Reports everything. */
export const NATIONAL_REGISTER = withCbeCheck('02073870');
/** Reports addresses only. */
export const MUNICIPALITY = withCbeCheck('02072200');
/** Reports nothing. */
export const WELFARE_OFFICE = withCbeCheck('02121770');

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** The service with PostgreSQL and mutual TLS, in a process of its own or in this one; only authorization is a stand-in. */
export class RunningRegistry {
  private process: ChildProcess | undefined;
  private readonly connections: { close(): void }[] = [];
  private endApplication: () => Promise<void> = async () => undefined;
  output = '';

  private constructor(
    readonly port: number,
    readonly database: TestDatabase,
    readonly keysDatabase: TestDatabase,
    readonly log: TestDatabase,
    readonly receiptKey: ReceiptKey,
    readonly keyFile: string,
    private readonly folder: string,
    private readonly ca: CertificateAuthority,
    private readonly authorization: PolicyFeed,
    private env: NodeJS.ProcessEnv,
  ) {}

  /** In a process of its own. */
  static async start(extra: NodeJS.ProcessEnv = {}): Promise<RunningRegistry> {
    const registry = await RunningRegistry.prepare(extra);
    await registry.launch();
    return registry;
  }

  /** All that it needs, and not yet started. */
  static async prepare(extra: NodeJS.ProcessEnv = {}): Promise<RunningRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'person-registry-'));
    const ca = await CertificateAuthority.create(TRUST_DOMAIN);
    const file = (name: string) => join(folder, name);
    await writeFile(file('ca.pem'), ca.certificate);
    const keep = async (name: string, { certificate, key }: { certificate: string; key: string }) => {
      await writeFile(file(`${name}.pem`), certificate);
      await writeFile(file(`${name}-key.pem`), key);
    };
    for (const name of ['authorization', 'person-registry', 'exchange', 'reference-directory'])
      await keep(name, await ca.issueService(name));
    const institutions = new Map([
      [NATIONAL_REGISTER, 'national-register'],
      [MUNICIPALITY, 'population'],
      [WELFARE_OFFICE, 'inquiries'],
    ]);
    for (const [enterpriseNumber, application] of institutions)
      await keep(enterpriseNumber, await ca.issueApplication({ application, enterpriseNumber }));
    // A certificate of the authority whose key nobody has registered.
    await keep(
      'unregistered',
      await ca.issueApplication({ application: 'shadow', enterpriseNumber: NATIONAL_REGISTER }),
    );

    const spki = async (name: string) => spkiOf(new X509Certificate(await readFile(file(`${name}.pem`))));
    const authorization = new PolicyFeed();
    for (const [enterpriseNumber, name] of institutions) {
      const institution = { enterpriseNumber, name, roles: [], represents: [], officialKeys: [] };
      const application = { enterpriseNumber, name, spkiHashes: [await spki(enterpriseNumber)] };
      authorization.put({ $case: 'institution', value: institution }, { $case: 'application', value: application });
    }
    authorization.put({ $case: 'dataService', value: identification });

    const tls = (name: string): TlsFiles => ({
      ca: file('ca.pem'),
      cert: file(`${name}.pem`),
      key: file(`${name}-key.pem`),
    });
    const authorizationAddress = await authorization.start(tls('authorization'), TRUST_DOMAIN);

    const receipt = newReceiptKey();
    await writeFile(file('receipt-keys.json'), JSON.stringify({ [receipt.keyId]: receipt.publicPem }));
    await generateKeyFile(file('keys.json'), ['subject-keys', 'ssin-index', 'crossroads.person.v1']);
    const [database, keysDatabase, log] = [await testDatabase(), await testDatabase(), await testDatabase()];
    const port = await freePort();
    const env = {
      ...process.env,
      GRPC_PORT: String(port),
      DATABASE_URL: database.url,
      DATABASE_MIGRATOR_URL: database.migratorUrl,
      KEYS_DATABASE_URL: keysDatabase.url,
      KEYS_DATABASE_MIGRATOR_URL: keysDatabase.migratorUrl,
      EMBEDDED_LOG_URL: log.migratorUrl,
      KAFKA_BROKERS: '',
      TLS_CA_FILE: file('ca.pem'),
      TLS_CERT_FILE: file('person-registry.pem'),
      TLS_KEY_FILE: file('person-registry-key.pem'),
      KEY_FILE: file('keys.json'),
      RECEIPT_KEYS_FILE: file('receipt-keys.json'),
      AUTHORIZATION_ADDRESS: authorizationAddress,
      ...extra,
    };
    return new RunningRegistry(
      port,
      database,
      keysDatabase,
      log,
      readReceiptKey(receipt.privatePem),
      file('keys.json'),
      folder,
      ca,
      authorization,
      env,
    );
  }

  /** Lets a spec cut its connections to the database and the bus. */
  async throughLinks(): Promise<{ readonly database: readonly Link[]; readonly bus: Link }> {
    const app = await Link.ofUrl(this.database.url);
    const migrator = await Link.ofUrl(this.database.migratorUrl);
    const bus = await Link.ofUrl(this.log.migratorUrl);
    this.env = {
      ...this.env,
      DATABASE_URL: app.url,
      DATABASE_MIGRATOR_URL: migrator.url,
      EMBEDDED_LOG_URL: bus.url,
    };
    this.connections.push(app.link, migrator.link, bus.link);
    return { database: [app.link, migrator.link], bus: bus.link };
  }

  /** In this process; resolves when it listens. */
  async startInProcess(override: (testing: TestingModuleBuilder) => unknown = () => undefined): Promise<RunningServer> {
    const env = { ...service.defaults, ...this.env };
    const testing = Test.createTestingModule({ imports: [AppModule] }).setLogger(nestLogger);
    for (const settings of service.settings)
      testing.overrideProvider(settings).useFactory({ factory: () => new settings(env) });
    override(testing);
    const module = await testing.compile();
    const transport = module.get(GrpcTransport);
    const application = module.createNestMicroservice({ strategy: transport });
    this.endApplication = () => application.close();
    await application.listen();
    return transport.unwrap<RunningServer>();
  }

  /** Starts the process, and waits until it serves with a policy. */
  async launch(): Promise<void> {
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        this.output += String(chunk);
      });
    const probe = this.as(NATIONAL_REGISTER);
    const answer = () =>
      probe.getPerson({ ssin: '', asOfDate: undefined, knownAtTime: undefined }).then(
        () => 'served',
        (error: unknown) => (error instanceof Error && 'reason' in error ? String(error.reason) : 'unreachable'),
      );
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`the service ended: ${this.output}`);
        return answer();
      },
      (reason) => reason === 'INVALID_INPUT',
      30_000,
    );
  }

  /** As a user's Ctrl-C or an orchestrator's SIGTERM; gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.process;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  as(name: string) {
    return this.kept(connect(PersonServiceService, this.address, this.connectionOf(name)));
  }

  sourceAs(name: string) {
    return this.kept(connect(SourceServiceService, this.address, this.connectionOf(name)));
  }

  eventsAs(name: string) {
    return this.kept(connect(EventsServiceService, this.address, this.connectionOf(name)));
  }

  openBroker() {
    return openBroker({ clientId: 'test', embeddedLogUrl: this.log.migratorUrl });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.endApplication();
    for (const connection of this.connections) connection.close();
    await this.authorization.stop();
    await Promise.all([this.database.drop(), this.keysDatabase.drop(), this.log.drop()]);
    await (await testPostgres()).stop();
    await rm(this.folder, { recursive: true });
  }

  private kept<Connection extends { close(): void }>(connection: Connection): Connection {
    this.connections.push(connection);
    return connection;
  }

  private get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private connectionOf(name: string) {
    const file = (end: string) => join(this.folder, `${name}${end}`);
    const tls = { ca: join(this.folder, 'ca.pem'), cert: file('.pem'), key: file('-key.pem') };
    const server = { kind: 'service', name: 'person-registry' } as const;
    return { tls, trustDomain: this.ca.trustDomain, server, deadlineMs: 20_000, reads: ['getPerson'] };
  }
}

const identification = {
  dataService: 'person.identification.v1',
  title: '',
  jsonSchema: undefined,
  fieldGroups: ALL_GROUPS.map((name) => ({ name, paths: [name] })),
  supplier: undefined,
  reporters: [
    { enterpriseNumber: NATIONAL_REGISTER, fieldGroups: ALL_GROUPS },
    { enterpriseNumber: MUNICIPALITY, fieldGroups: ['address'] },
  ],
};

/** All that a stream gives. */
export const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};
