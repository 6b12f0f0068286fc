import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Clock } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { ErasureServiceService } from '@crossroads/contracts/person/v1/erasure_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { SourceServiceService, type SupplyResponse } from '@crossroads/contracts/source/v1/source_service';
import {
  type CallOptions,
  certificateHashOf,
  type Connection,
  type MethodShape,
  newRequestId,
  type RunningServer,
  type TlsFiles,
} from '@crossroads/grpc';
import { type DateParts, datePartsOf, dayOf, withCbeCheck } from '@crossroads/identifiers';
import { openBroker } from '@crossroads/messaging';
import { eventually, type TestDatabase } from '@crossroads/testing';
import {
  ALL_RIGHTS_BUT_PORTAL,
  Link,
  OFFICIAL_KEYS,
  receipted,
  type ServiceProcess,
  SignInStandIn,
  TestMesh,
  type TestToken,
} from '@crossroads/testing/mesh';
import type { ReceiptKey } from '@crossroads/transparency';
import type { ServiceDefinition as GrpcDefinition } from '@grpc/grpc-js';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { exportJWK, SignJWT } from 'jose';
import pg from 'pg';
import { AppModule } from '../src/app.module.js';
import { FIELD_GROUPS } from '../src/person/facts.js';
import { service } from '../src/service.js';

const ALL_GROUPS = [...FIELD_GROUPS];

/** Reports everything. */
export const NATIONAL_REGISTER = withCbeCheck('02073870');
/** Reports addresses only. */
export const MUNICIPALITY = withCbeCheck('02072200');
/** Reports nothing. */
export const WELFARE_OFFICE = withCbeCheck('02121770');
/** Through which citizens sign in. */
export const PORTAL = withCbeCheck('02121771');

const HOUR_MS = 3_600_000;

/** The key of tokens of officials; consultations are signed with another. */
const REGISTRARS = 'registrars';

/** A clock that a spec turns. */
export class TurnedClock extends Clock {
  private offsetMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  turn(milliseconds: number): void {
    this.offsetMs += milliseconds;
  }
}

/** The service in a process of its own or in this one, and certificates of those who call it, by name or enterprise number. */
export class RunningRegistry {
  private process: ServiceProcess | undefined;
  private port = 0;
  private exchange: ReturnType<RunningRegistry['sourceAs']> | undefined;
  /** Of what runs in this process. */
  readonly clock = new TurnedClock();

  private constructor(
    private readonly mesh: TestMesh,
    private readonly certificates: ReadonlyMap<string, TlsFiles>,
    /** With which institutions sign for their officials. */
    private readonly officialKeys: ReadonlyMap<string, KeyObject>,
    private readonly signIn: SignInStandIn,
    private env: Readonly<Record<string, string>>,
  ) {}

  /** In a process of its own. */
  static async start(extra: Readonly<Record<string, string>> = {}): Promise<RunningRegistry> {
    const registry = await RunningRegistry.prepare(extra);
    await registry.launch();
    return registry;
  }

  /** All that it needs, and not yet started. */
  static async prepare(extra: Readonly<Record<string, string>> = {}): Promise<RunningRegistry> {
    const mesh = await TestMesh.start('person-registry');
    const certificates = new Map<string, TlsFiles>();
    for (const name of ['exchange', 'subscription', 'reference-directory', 'access-audit'])
      certificates.set(name, await mesh.serviceCertificate(name));
    const officialKeys = new Map<string, KeyObject>();
    for (const enterpriseNumber of [NATIONAL_REGISTER, MUNICIPALITY, WELFARE_OFFICE]) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = { ...(await exportJWK(publicKey)) };
      officialKeys.set(enterpriseNumber, privateKey);
      certificates.set(
        enterpriseNumber,
        await mesh.register(
          enterpriseNumber,
          { officialKeys: [{ kid: REGISTRARS, jwk }, ...OFFICIAL_KEYS] },
          ALL_RIGHTS_BUT_PORTAL,
        ),
      );
    }
    certificates.set(PORTAL, await mesh.register(PORTAL));
    const signIn = await SignInStandIn.register(mesh);
    // A certificate of the authority whose key nobody has registered.
    const shadow = await mesh.applicationCertificate(NATIONAL_REGISTER, { application: 'shadow' });
    certificates.set('unregistered', shadow);
    mesh.policy.put({ $case: 'dataService', value: identification });
    const isProduction = extra['CROSSROADS_MODE'] === 'production';
    return new RunningRegistry(mesh, certificates, officialKeys, signIn, {
      ...(isProduction ? await mesh.databasesOverTls() : {}),
      ...extra,
    });
  }

  get policy(): TestMesh['policy'] {
    return this.mesh.policy;
  }

  get database(): TestDatabase {
    return this.mesh.database;
  }

  get keysDatabase(): TestDatabase {
    return there(this.mesh.databases.keys);
  }

  /** What the bus keeps its log in. */
  get log(): TestDatabase {
    return there(this.mesh.bus.database);
  }

  get receiptKey(): ReceiptKey {
    return this.mesh.receiptSigningKey;
  }

  get keyFile(): string {
    return this.mesh.keyFile;
  }

  /** Everything that its process has printed. */
  get output(): string {
    return this.process?.output ?? '';
  }

  /** Lets a spec cut its connections to the database and the bus. */
  async throughLinks(): Promise<{ readonly database: readonly Link[]; readonly bus: Link }> {
    const [app, migrator] = [await Link.ofUrl(this.database.url), await Link.ofUrl(this.database.migratorUrl)];
    for (const { link } of [app, migrator]) this.mesh.defer(() => link.close());
    this.env = { ...this.env, DATABASE_URL: app.url, DATABASE_MIGRATOR_URL: migrator.url };
    return { database: [app.link, migrator.link], bus: there(this.mesh.bus.link) };
  }

  /** In this process; resolves when it listens. */
  async startInProcess(override: (testing: TestingModuleBuilder) => unknown = () => undefined): Promise<RunningServer> {
    const { server } = await this.mesh.startInProcess(service, AppModule, {
      env: this.env,
      until: 'listening',
      override: (builder) => {
        override(builder.overrideProvider(Clock).useValue(this.clock));
        return builder;
      },
    });
    this.port = server.port;
    return server;
  }

  /** Starts its process, the first time or again, and waits until it is ready. */
  async launch(): Promise<void> {
    if (this.process) return this.process.launch();
    this.process = await this.mesh.startProcess({ env: this.env });
    this.port = this.process.port;
  }

  /** SIGTERM as of an orchestrator, or SIGKILL; gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return (await this.process?.stop(signal)) ?? null;
  }

  environment(): Readonly<Record<string, string>> {
    return { ...this.mesh.environment(), ...this.env };
  }

  /** A command of `main.js`, with the settings of the running process. */
  run(args: readonly string[]) {
    return there(this.process).run(args);
  }

  as(name: string) {
    return this.connect(PersonServiceService, name);
  }

  /** Any rpcs, also those that it does not have. */
  connect<Definition extends Record<string, MethodShape> & GrpcDefinition>(
    definition: Definition,
    name: string,
  ): Connection<Definition> {
    return this.mesh.connect(definition, this.port, this.certificate(name), CALLS);
  }

  /** An official of this institution, for one call. */
  async official(
    institution: string,
    { id = 'desk-1', certificate = institution, audience = 'urn:crossroads:person-registry' } = {},
  ): Promise<CallOptions> {
    const now = Math.floor(this.clock.now().getTime() / 1_000);
    const hash = certificateHashOf(new X509Certificate(readFileSync(this.certificate(certificate).cert)));
    const token = await new SignJWT({ role: 'registrar', cnf: { 'x5t#S256': hash } })
      .setProtectedHeader({ alg: 'ES256', kid: REGISTRARS })
      .setIssuer(institution)
      .setAudience(audience)
      .setSubject(id)
      .setIssuedAt(now)
      .setExpirationTime(now + 120)
      .sign(there(this.officialKeys.get(institution)));
    return { metadata: { authorization: `Bearer ${token}` } };
  }

  /** A person who is signed in at the portal, for one call. */
  async citizen(ssin: string, more: Pick<TestToken, 'claims' | 'header'> = {}): Promise<CallOptions> {
    const token = await this.signIn.token({
      ssin,
      service: 'person-registry',
      portal: { enterpriseNumber: PORTAL, tls: this.certificate(PORTAL) },
      now: this.clock.now(),
      ...more,
    });
    return { metadata: { authorization: `Bearer ${token}` } };
  }

  async replace(ssin: string, replacingSsin: string) {
    const request = { requestId: newRequestId(), ssin, replacingSsin };
    return this.as(NATIONAL_REGISTER).replaceSsin(request, await this.official(NATIONAL_REGISTER));
  }

  async unreplace(ssin: string) {
    const request = { requestId: newRequestId(), ssin };
    return this.as(NATIONAL_REGISTER).unreplaceSsin(request, await this.official(NATIONAL_REGISTER));
  }

  /** Proposed by the register, confirmed by the municipality. */
  async cancel(ssin: string) {
    const request = { requestId: newRequestId(), ssin };
    const { proposalId } = await this.as(NATIONAL_REGISTER).proposeCancellation(
      request,
      await this.official(NATIONAL_REGISTER),
    );
    return this.confirm(proposalId, ssin);
  }

  async proposeMerge(ssin: string, replacingSsin: string): Promise<string> {
    const request = { requestId: newRequestId(), ssin, replacingSsin };
    const options = await this.official(NATIONAL_REGISTER);
    return (await this.as(NATIONAL_REGISTER).proposeMerge(request, options)).proposalId;
  }

  async confirm(proposalId: string, ssin: string, replacingSsin = '') {
    const request = { requestId: newRequestId(), proposalId, ssin, replacingSsin };
    return this.as(MUNICIPALITY).confirmProposal(request, await this.official(MUNICIPALITY));
  }

  /** Proposed, confirmed, and in effect 24 hours later. */
  async merge(ssin: string, replacingSsin: string): Promise<string> {
    const proposalId = await this.proposeMerge(ssin, replacingSsin);
    await this.confirm(proposalId, ssin, replacingSsin);
    await this.passMergeDelay();
    return proposalId;
  }

  /** Until nothing is due: by the clock of this process, or by one more process whose clock is a day ahead. */
  async passMergeDelay(): Promise<void> {
    if (this.process === undefined) {
      this.clock.turn(24 * HOUR_MS);
      await this.nothingDue();
      return;
    }
    const ahead = new TurnedClock();
    ahead.turn(25 * HOUR_MS);
    const other = await this.mesh.startInProcess(service, AppModule, {
      env: this.env,
      until: 'listening',
      override: (builder) => builder.overrideProvider(Clock).useValue(ahead),
    });
    await this.nothingDue();
    await other.stop();
  }

  private async nothingDue(): Promise<void> {
    const client = new pg.Client({ connectionString: this.database.adminUrl });
    await client.connect();
    const open = async () => (await client.query('select from due_proposals')).rowCount;
    await eventually(open, (count) => count === 0);
    await client.end();
  }

  /** What it supplies of a person to the exchange, for a consultation that is on the record. */
  supplied(
    ssin: string,
    asOfDate: DateParts = datePartsOf(dayOf(this.clock.now())),
    options: CallOptions = {},
  ): Promise<SupplyResponse> {
    this.exchange ??= this.sourceAs('exchange');
    const question = {
      ssin,
      dataService: identification.dataService,
      fieldGroups: ALL_GROUPS,
      customer: NATIONAL_REGISTER,
      legalContext: 'REGISTER:MAINTENANCE',
      asOfDate,
    };
    return this.exchange.supply(receipted(question, 'service:person-registry', this.receiptKey), options);
  }

  sourceAs(name: string) {
    return this.mesh.connect(SourceServiceService, this.port, this.certificate(name), CALLS);
  }

  erasuresAs(name: string) {
    return this.mesh.connect(ErasureServiceService, this.port, this.certificate(name), CALLS);
  }

  eventsAs(name: string) {
    return this.mesh.connect(EventsServiceService, this.port, this.certificate(name), CALLS);
  }

  openBroker() {
    return openBroker({ clientId: 'test', embeddedLogUrl: this.log.url });
  }

  close(): Promise<void> {
    return this.mesh.stop();
  }

  certificate(name: string): TlsFiles {
    return there(this.certificates.get(name));
  }
}

const CALLS = { deadlineMs: 20_000 };

const there = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('there is no such thing in this mesh');
  return value;
};

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
