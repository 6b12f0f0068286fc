import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Institution } from '@crossroads/contracts/authorization/v1/policy';
import {
  type ConnectOptions,
  type Connection,
  connect,
  GrpcTransport,
  type MethodShape,
  nestLogger,
  type RunningServer,
  type ServedService,
  certificateHashOf,
  spkiOf,
  startServer,
  type TlsFiles,
} from '@crossroads/grpc';
import { type CertificateAuthorities, isServing, PORTAL_APPLICATION, probe } from '@crossroads/local';
import { AccessKeeping, type KafkaTls, TopicSealing } from '@crossroads/messaging';
import { followPolicy } from '@crossroads/policy';
import { FileKeyProvider, generateKeyFile, TopicSealer } from '@crossroads/privacy';
import type { ServiceDefinition } from '@crossroads/service';
import {
  addressedBy,
  addressVariableOf,
  isRightKind,
  isServer,
  keysOf,
  receiptUseOf,
  RIGHTS,
  serviceNamed,
  type ServiceName,
  type TopicName,
} from '@crossroads/topology';
import {
  type AcceptedReceipts,
  DEFAULT_LOG_ORIGIN,
  newReceiptKey,
  type ReceiptKey,
  readReceiptKey,
  readReceiptKeys,
} from '@crossroads/transparency';
import type { ServiceDefinition as GrpcDefinition } from '@grpc/grpc-js';
import type { Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { eventually } from '../eventually.js';
import { freePort, type TestDatabase, testDatabase, testPostgres } from '../postgres.js';
import { isOfInstitution, type TestBus, testBus } from './bus.js';
import { InProcessService } from './in-process-service.js';
import { PolicyFeed } from './policy-feed.js';
import { TestPublisher } from './publisher.js';
import { ServiceProcess } from './service-process.js';
import { OFFICIAL_KEYS } from './signed-request.js';
import { tlsInFrontOf } from './tls-front.js';

export const TRUST_DOMAIN = 'crossroads.test';

/** Of applications in the policy of a spec that is about something else: everything, longer than it runs. */
export const ALL_RIGHTS = {
  rights: Object.keys(RIGHTS).map((kind) =>
    isRightKind(kind) ? [kind, ...RIGHTS[kind].map(() => '*')].join(':') : kind,
  ),
  notAfter: new Date('2999-12-31'),
};

/** Those of an application through which no citizen signs in. */
export const ALL_RIGHTS_BUT_PORTAL = ALL_RIGHTS.rights.filter((right) => !right.startsWith('portal:'));

/** An address at which no server listens. */
const NOWHERE = '127.0.0.1:9';

type Environment = Readonly<Record<string, string>>;

/** The databases of a service. The second one exists if the topology says that the service stores subject keys. */
export interface ServiceDatabases {
  readonly main: TestDatabase;
  readonly keys: TestDatabase | undefined;
}

export interface StartOptions {
  /** Settings that add to or replace those of the mesh. */
  readonly env?: Environment;
  /** Other databases let a service start with empty ones. @default those of the mesh */
  readonly databases?: ServiceDatabases;
  /** Whether the start waits until the service answers calls, or until its dependencies are available as well. @default ready */
  readonly until?: 'listening' | 'ready';
}

export interface ProcessOptions extends StartOptions {
  readonly port?: number;
  readonly institutionsPort?: number;
  /** The folder of another version of the repository, built. @default this one */
  readonly root?: string;
  readonly nodeOptions?: readonly string[];
}

/** Where applications of institutions connect, by the port for services, of all services that this process has started. */
const institutionsPorts = new Map<number, number>();

/**
 * The environment of one service in a spec: databases, bus, certificates, key files and policy as the topology requires, and stand-ins for the
 * services that it calls. `stop` stops everything in reverse order.
 */
export class TestMesh {
  readonly policy = new PolicyFeed();
  /** The key with which the service signs or verifies receipts. */
  private readonly receiptKey: ReturnType<typeof newReceiptKey>;
  private readonly folder = mkdtempSync(join(tmpdir(), 'crossroads-test-mesh-'));
  private readonly endings: (() => unknown)[] = [];
  private readonly addresses: Record<string, string> = {};
  private files = 0;
  private ownTls: TlsFiles | undefined;

  private constructor(
    /** The service under test. */
    readonly service: ServiceName,
    readonly bus: TestBus,
    readonly databases: ServiceDatabases,
  ) {
    // One that checks receipts is asked by the exchange.
    this.receiptKey = newReceiptKey(receiptUseOf(service) ?? 'consultation');
  }

  /** @param bus `kafka` falls back to the embedded log where there is no Kafka */
  static async start(
    service: ServiceName,
    { bus = 'embedded' }: { bus?: 'kafka' | 'embedded' } = {},
  ): Promise<TestMesh> {
    const mesh = new TestMesh(service, await testBus(bus, TRUST_DOMAIN), await databasesOf(service));
    await mesh.prepare();
    return mesh;
  }

  /** Another service on the same bus, under the same policy and with the same shared keys. It is stopped with this mesh. */
  async beside(service: ServiceName): Promise<TestMesh> {
    const mesh = new TestMesh(service, this.bus, await databasesOf(service));
    copyFileSync(this.keyFile, mesh.keyFile);
    await mesh.prepare(this);
    this.defer(() => mesh.stop());
    return mesh;
  }

  /** Where the service under test finds another one that was started by a spec. */
  finds(name: ServiceName, port: number): void {
    const { servesPages } = serviceNamed(this.service);
    const where = servesPages ? institutionsPorts.get(port) : port;
    this.addresses[addressVariableOf(name)] = `127.0.0.1:${where ?? port}`;
  }

  private async prepare(first?: TestMesh): Promise<void> {
    const { service, bus, databases, folder } = this;
    this.defer(async () => {
      if (!first) await bus.stop();
      await dropDatabases(databases);
      if (!first) await (await testPostgres()).stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const { servesPages } = serviceNamed(service);
    if (!servesPages) await bus.allow(service);
    this.ownTls = await (servesPages ? this.portalCertificate() : this.serviceCertificate(service));
    writeFileSync(this.institutionsCaFile, bus.institutionsCa);
    await generateKeyFile(this.keyFile, keysOf(service));
    const { privatePem, published } = this.receiptKey;
    writeFileSync(join(folder, 'receipts.pem'), privatePem);
    writeFileSync(join(folder, 'receipt-keys.json'), JSON.stringify(published));
    for (const called of addressedBy(service)) this.addresses[addressVariableOf(called)] = NOWHERE;
    // Pages decide nothing, so they follow no policy.
    if (servesPages || !addressedBy(service).includes('authorization')) return;
    const address = first?.addresses[addressVariableOf('authorization')] ?? (await this.startPolicy());
    this.addresses[addressVariableOf('authorization')] = address;
    if (serviceNamed(service).institutionTopics) await this.createTopicsOfInstitutions(address);
  }

  private async startPolicy(): Promise<string> {
    const address = await this.policy.start(await this.serviceCertificate('authorization'), TRUST_DOMAIN);
    this.defer(() => this.policy.stop());
    return address;
  }

  /** As the broker-keeper does. Removes no right, since specs with other policies may use the same Kafka. */
  private async createTopicsOfInstitutions(authorization: string): Promise<void> {
    const tls = await this.serviceCertificate('broker-keeper');
    const policy = followPolicy({ address: authorization, tls, trustDomain: TRUST_DOMAIN });
    const keeping = new AccessKeeping(policy, async () => {
      const administration = await this.bus.administration();
      return Object.assign(administration, { rights: async () => [] });
    });
    keeping.start();
    this.defer(async () => {
      await keeping.stop();
      await policy.close();
    });
  }

  get database(): TestDatabase {
    return this.databases.main;
  }

  /** The keys that the topology names for the service, generated for this mesh. */
  get keyFile(): string {
    return join(this.folder, 'keys.json');
  }

  /** What a spec signs receipts with, in place of the services that call the one under test. */
  get receiptSigningKey(): ReceiptKey {
    return readReceiptKey(this.receiptKey.privatePem);
  }

  /** What verifies receipts of the service, or of this spec. */
  get receipts(): AcceptedReceipts {
    const keys = readReceiptKeys(readFileSync(join(this.folder, 'receipt-keys.json'), 'utf8'));
    return { keys, origin: DEFAULT_LOG_ORIGIN };
  }

  get serviceDatabases(): TestDatabase[] {
    return [this.databases.main, this.databases.keys].filter((one) => one !== undefined);
  }

  /** The databases of the service, and the one of an embedded bus. */
  get allDatabases(): TestDatabase[] {
    return [...this.serviceDatabases, this.bus.database].filter((one) => one !== undefined);
  }

  /** Registers what is stopped with the mesh, before everything that was started earlier. */
  defer(end: () => unknown): void {
    this.endings.unshift(end);
  }

  async stop(): Promise<void> {
    for (const end of this.endings.splice(0)) await end();
  }

  // Certificates and keys

  serviceCertificate(name: string): Promise<TlsFiles> {
    return this.certificate((authority) => authority.issueService(name));
  }

  /** That of the demo's portal, which is no service to the others. */
  private portalCertificate(): Promise<TlsFiles> {
    return this.certificate((authority) => authority.issueApplication(PORTAL_APPLICATION));
  }

  /** The certificate of an institution's application, by default `desk`. */
  applicationCertificate(
    enterpriseNumber: string,
    { application = 'desk', notAfter }: { readonly application?: string; readonly notAfter?: Date } = {},
  ): Promise<TlsFiles> {
    const subject = { application, enterpriseNumber, ...(notAfter ? { notAfter } : {}) };
    return this.certificate((authority) => authority.issueApplication(subject));
  }

  /** The same certificate from an untrusted authority. */
  async untrustedCertificate(authority: CertificateAuthorities, enterpriseNumber: string): Promise<TlsFiles> {
    const { certificate, key } = await authority.issueApplication({ application: 'desk', enterpriseNumber });
    const { ca } = await this.applicationCertificate(enterpriseNumber);
    return this.write({ ca: readFileSync(ca, 'utf8'), cert: certificate, key });
  }

  async certificate(make: Parameters<TestBus['issue']>[0]): Promise<TlsFiles> {
    return this.write(await this.bus.issue(make));
  }

  /** Encrypts and decrypts messages on the bus, by default with the keys of the service. */
  sealing(producer: string, keyFile = this.keyFile): TopicSealing {
    return new TopicSealing(new TopicSealer({ keys: new FileKeyProvider(keyFile), producer }));
  }

  /** Adds an institution with its application `desk` to the policy. Resolves to the certificate of the application. */
  async register(
    enterpriseNumber: string,
    more: Partial<Institution> = {},
    rights: readonly string[] = ALL_RIGHTS.rights,
  ): Promise<TlsFiles> {
    const tls = await this.applicationCertificate(enterpriseNumber);
    const institution = {
      enterpriseNumber,
      name: `Institution ${enterpriseNumber}`,
      roles: [],
      represents: [],
      // Who is represented has agreed, in a spec that is about something else.
      acceptedBy: [...(more.represents ?? [])],
      officialKeys: OFFICIAL_KEYS,
      ...more,
    };
    this.policy.put(
      { $case: 'institution', value: institution },
      {
        $case: 'application',
        value: { ...ALL_RIGHTS, rights, enterpriseNumber, name: 'desk', spkiHashes: [spkiHash(tls)] },
      },
    );
    return tls;
  }

  /** The environment by which the service reaches PostgreSQL over TLS, as production requires. */
  async databasesOverTls(): Promise<Environment> {
    const tls = await this.serviceCertificate('postgresql');
    const urls = Object.entries(this.environment()).filter(([, value]) => /^postgres(ql)?:/.test(value));
    const secured = urls.map(async ([name, url]) => {
      const front = await tlsInFrontOf(url, tls);
      this.defer(front.close);
      return [name, front.url] as const;
    });
    return Object.fromEntries(await Promise.all(secured));
  }

  // Other services

  /** Starts a stand-in for a service that this one calls. */
  async standIn(name: ServiceName, ...services: readonly ServedService[]): Promise<RunningServer> {
    const server = await this.serve(name, await this.serviceCertificate(name), ...services);
    if (server.institutionsPort !== undefined) institutionsPorts.set(server.port, server.institutionsPort);
    this.finds(name, server.port);
    return server;
  }

  /** Starts a server with a certificate of this mesh. It is stopped with the mesh. */
  async serve(name: string, tls: TlsFiles, ...services: readonly ServedService[]): Promise<RunningServer> {
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      tls,
      trustDomain: TRUST_DOMAIN,
      domain: `${name}.crossroads`,
      services,
      ...(serviceNamed(this.service).servesPages ? { institutions: { port: 0, ca: this.institutionsCaFile } } : {}),
    });
    this.defer(() => server.stop());
    return server;
  }

  /** Starts a stand-in for a service whose topic this one reads: on the bus and by `Events/Read`. It may serve more. */
  async publisher(
    name: ServiceName,
    topic: TopicName,
    events: string = topic,
    ...services: readonly ServedService[]
  ): Promise<TestPublisher> {
    const publisher = await TestPublisher.start({
      name,
      topic,
      events,
      broker: this.bus.broker,
      sealing: this.sealing(name),
      tls: await this.serviceCertificate(name),
      trustDomain: TRUST_DOMAIN,
      services,
    });
    this.addresses[addressVariableOf(name)] = publisher.address;
    this.defer(() => publisher.stop());
    return publisher;
  }

  // The service itself

  /** Further databases, for a service that must start with empty ones. */
  async newDatabases(): Promise<ServiceDatabases> {
    const databases = await databasesOf(this.service);
    this.defer(() => dropDatabases(databases));
    return databases;
  }

  /** The settings of the service without its port. */
  environment({ main, keys }: ServiceDatabases = this.databases): Environment {
    const { ca, cert, key } = this.tlsOfService;
    return {
      ...this.bus.env,
      ...this.addresses,
      DATABASE_URL: main.url,
      DATABASE_MIGRATOR_URL: main.migratorUrl,
      ...(keys ? { KEYS_DATABASE_URL: keys.url, KEYS_DATABASE_MIGRATOR_URL: keys.migratorUrl } : {}),
      INSTITUTIONS_CA_FILE: this.institutionsCaFile,
      TLS_CA_FILE: ca,
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      KEY_FILE: this.keyFile,
      RECEIPT_KEY_FILE: join(this.folder, 'receipts.pem'),
      RECEIPT_KEYS_FILE: join(this.folder, 'receipt-keys.json'),
      DOCUMENT_STORE_DIR: join(this.folder, 'documents'),
    };
  }

  /** Starts the service in this process. `override` replaces providers. */
  async startInProcess(
    { settings, defaults }: ServiceDefinition,
    module: Type,
    options: StartOptions & { readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder } = {},
  ): Promise<InProcessService> {
    const { env, databases = this.databases, until = 'ready', override = (builder) => builder } = options;
    const all = { ...defaults, ...this.environment(databases), MESH_PORT: '0', INSTITUTIONS_PORT: '0', ...env };
    const builder = Test.createTestingModule({ imports: [module] }).setLogger(nestLogger);
    for (const one of settings) builder.overrideProvider(one).useFactory({ factory: () => new one(all) });
    const compiled = await override(builder).compile();
    const transport = compiled.get(GrpcTransport);
    const application = compiled.createNestMicroservice({ strategy: transport });
    await application.listen();
    const running = new InProcessService(application, transport.unwrap<RunningServer>());
    institutionsPorts.set(running.port, running.institutionsPort);
    this.defer(() => running.stop());
    if (until === 'ready') await eventually(() => running.isReady(), Boolean);
    return running;
  }

  /** Starts the service as a separate process by its `main.js`. */
  async startProcess(options: ProcessOptions = {}): Promise<ServiceProcess> {
    const {
      port = await freePort(),
      institutionsPort = await freePort(),
      databases = this.databases,
      env,
      nodeOptions = [],
      until = 'ready',
      root,
    } = options;
    const { ca, cert: certificate, key } = this.tlsOfService;
    const serves = isServer(this.service);
    const isReady = () => (serves ? isServing(`localhost:${port}`, { ca, certificate, key }) : probe(port));
    const process = await ServiceProcess.start(
      join(
        root ?? fileURLToPath(new URL('../../../../', import.meta.url)),
        `services/${this.service}/dist/src/main.js`,
      ),
      {
        ...this.environment(databases),
        ...(serves
          ? { MESH_PORT: String(port), INSTITUTIONS_PORT: String(institutionsPort) }
          : { HEALTH_PORT: String(port) }),
        ...env,
      },
      until === 'ready' ? isReady : async () => true,
      { port, institutionsPort, nodeOptions },
    );
    institutionsPorts.set(port, institutionsPort);
    this.defer(() => process.stop('SIGKILL'));
    return process;
  }

  /**
   * A client of the service or of a stand-in, at the port that is for its certificate; `port` is the one for services. It is closed with the
   * mesh.
   */
  connect<Definition extends Record<string, MethodShape> & GrpcDefinition>(
    definition: Definition,
    port: number,
    tls: TlsFiles,
    options: Partial<ConnectOptions> = {},
  ): Connection<Definition> {
    const { server = { kind: 'service', name: this.service } as const } = options;
    const ca = server.kind === 'institution' ? this.institutionsCaFile : tls.ca;
    const client = connect(definition, `127.0.0.1:${this.portFor(tls, port)}`, {
      trustDomain: TRUST_DOMAIN,
      ...options,
      tls: { ...tls, ca },
      server,
    });
    this.defer(() => client.close());
    return client;
  }

  /** The port of a service for a certificate. @param port the one for services */
  portFor({ cert }: TlsFiles, port: number): number {
    return (isOfInstitution(cert) ? institutionsPorts.get(port) : undefined) ?? port;
  }

  private get institutionsCaFile(): string {
    return join(this.folder, 'institutions-ca.pem');
  }

  private get tlsOfService(): TlsFiles {
    if (!this.ownTls) throw new Error('the mesh is not prepared');
    return this.ownTls;
  }

  private write({ ca, cert, key }: KafkaTls): TlsFiles {
    const base = join(this.folder, String(++this.files));
    const tls = { ca: `${base}-ca.pem`, cert: `${base}.pem`, key: `${base}.key` };
    writeFileSync(tls.ca, ca);
    writeFileSync(tls.cert, cert);
    writeFileSync(tls.key, key, { mode: 0o600 });
    return tls;
  }
}

/** The hash by which a token is bound to a certificate: `x5t#S256` of RFC 8705. */
export const certificateHash = ({ cert }: TlsFiles): string =>
  certificateHashOf(new X509Certificate(readFileSync(cert)));

/** The hash by which the policy identifies the key of an application. */
export const spkiHash = ({ cert }: TlsFiles): string => spkiOf(new X509Certificate(readFileSync(cert)));

const databasesOf = async (service: ServiceName): Promise<ServiceDatabases> => ({
  main: await testDatabase(),
  keys: serviceNamed(service).subjectKeys ? await testDatabase() : undefined,
});

const dropDatabases = async ({ main, keys }: ServiceDatabases): Promise<void> => {
  await main.drop();
  await keys?.drop();
};
