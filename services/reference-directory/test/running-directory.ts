import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { connect, type RunningServer, type ServedService, spkiOf, startServer, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority } from '@crossroads/local';
import { type Broker, openBroker, TopicSealing } from '@crossroads/messaging';
import { BlindIndex, FileKeyProvider, generateKeyFile, TopicSealer } from '@crossroads/privacy';
import { eventually, freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { RegistryStandIn, serveWatch } from './stand-ins.js';

const TRUST_DOMAIN = 'crossroads.test';

export const WELFARE_OFFICE = withCbeCheck('02121770');
export const HEALTH_FUND = withCbeCheck('04112345');
/** May act for the welfare office. */
export const INTEGRATOR = withCbeCheck('08612345');
/** A certificate of the authority whose key nobody has registered. */
export const UNREGISTERED = 'unregistered';

const INSTITUTIONS = new Map<string, readonly string[]>([
  [WELFARE_OFFICE, []],
  [HEALTH_FUND, []],
  [INTEGRATOR, [WELFARE_OFFICE]],
]);
const SERVICES = [
  'authorization',
  'person-registry',
  'reference-directory',
  'exchange',
  'subscription',
  'access-audit',
  'ebox',
];

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));

/** The service as it runs: a process of its own, PostgreSQL, mutual TLS; authorization and the registry are stand-ins. */
export class RunningDirectory {
  private process: ChildProcess | undefined;
  output = '';

  private constructor(
    readonly port: number,
    readonly database: TestDatabase,
    readonly log: TestDatabase,
    readonly registry: RegistryStandIn,
    readonly broker: Broker,
    private readonly folder: string,
    private readonly servers: readonly RunningServer[],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start(
    before: (registry: RegistryStandIn) => Promise<unknown> = async () => undefined,
  ): Promise<RunningDirectory> {
    const folder = await mkdtemp(join(tmpdir(), 'reference-directory-'));
    const file = (name: string) => join(folder, name);
    const tls = (name: string): TlsFiles => ({
      ca: file('ca.pem'),
      cert: file(`${name}.pem`),
      key: file(`${name}-key.pem`),
    });
    const entities = await certify(folder);
    await generateKeyFile(file('keys.json'), ['ssin-index', 'page-tokens', 'crossroads.person.v1']);
    const [database, log] = [await testDatabase(), await testDatabase()];

    const keys = new FileKeyProvider(file('keys.json'));
    const broker = await openBroker({ clientId: 'test', embeddedLogUrl: log.migratorUrl });
    await broker.ensureTopic({ name: 'crossroads.person.v1', retentionDays: 7 });
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'person-registry' }));
    const registry = new RegistryStandIn(await BlindIndex.open(keys, 'ssin-index'), broker, sealing);
    await before(registry);
    const standIn = (name: string, service: ServedService) =>
      startServer({
        host: '127.0.0.1',
        port: 0,
        tls: tls(name),
        trustDomain: TRUST_DOMAIN,
        domain: `${name}.crossroads`,
        services: [service],
      });
    const authorization = await standIn('authorization', serveWatch(entities));
    const persons = await standIn('person-registry', registry.serve());

    const port = await freePort();
    const env = {
      ...process.env,
      GRPC_PORT: String(port),
      DATABASE_URL: database.url,
      DATABASE_MIGRATOR_URL: database.migratorUrl,
      EMBEDDED_LOG_URL: log.migratorUrl,
      KAFKA_BROKERS: '',
      TLS_CA_FILE: file('ca.pem'),
      TLS_CERT_FILE: file('reference-directory.pem'),
      TLS_KEY_FILE: file('reference-directory-key.pem'),
      KEY_FILE: file('keys.json'),
      AUTHORIZATION_ADDRESS: `127.0.0.1:${authorization.port}`,
      PERSON_REGISTRY_ADDRESS: `127.0.0.1:${persons.port}`,
    };
    const running = new RunningDirectory(port, database, log, registry, broker, folder, [authorization, persons], env);
    await running.launch();
    return running;
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
    const probe = this.as(WELFARE_OFFICE);
    const answer = () =>
      probe.listInscriptions({ institution: '', ssin: '', pageSize: 1, pageToken: '' }).then(
        () => true,
        () => false,
      );
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`the service ended: ${this.output}`);
        return answer();
      },
      (served) => served,
      30_000,
    ).finally(() => probe.close());
  }

  /** As a user's Ctrl-C, an orchestrator's SIGTERM or a power cut (SIGKILL); gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  as(name: string) {
    return connect(DirectoryServiceService, this.address, this.connectionOf(name));
  }

  eventsAs(name: string) {
    return connect(EventsServiceService, this.address, this.connectionOf(name));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.broker.close();
    for (const server of this.servers) await server.stop();
    await Promise.all([this.database.drop(), this.log.drop()]);
    await (await testPostgres()).stop();
    await rm(this.folder, { recursive: true });
  }

  private get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private connectionOf(name: string) {
    const file = (end: string) => join(this.folder, `${name}${end}`);
    const tls = { ca: join(this.folder, 'ca.pem'), cert: file('.pem'), key: file('-key.pem') };
    const server = { kind: 'service', name: 'reference-directory' } as const;
    return { tls, trustDomain: TRUST_DOMAIN, server, deadlineMs: 20_000 };
  }
}

/** Certificates for everybody, and the policy that knows them. */
const certify = async (folder: string): Promise<PolicyEntity[]> => {
  const ca = await CertificateAuthority.create(TRUST_DOMAIN);
  await writeFile(join(folder, 'ca.pem'), ca.certificate);
  const keep = async (name: string, { certificate, key }: { certificate: string; key: string }) => {
    await writeFile(join(folder, `${name}.pem`), certificate);
    await writeFile(join(folder, `${name}-key.pem`), key);
  };
  for (const name of SERVICES) await keep(name, await ca.issueService(name));
  await keep(UNREGISTERED, await ca.issueApplication({ application: 'shadow', enterpriseNumber: WELFARE_OFFICE }));
  const entities: PolicyEntity[] = [];
  for (const [enterpriseNumber, represents] of INSTITUTIONS) {
    const name = 'files';
    await keep(enterpriseNumber, await ca.issueApplication({ application: name, enterpriseNumber }));
    const spki = spkiOf(new X509Certificate(await readFile(join(folder, `${enterpriseNumber}.pem`))));
    const institution = { enterpriseNumber, name, roles: [], represents: [...represents], officialKeys: [] };
    entities.push({ entity: { $case: 'institution', value: institution } });
    entities.push({ entity: { $case: 'application', value: { enterpriseNumber, name, spkiHashes: [spki] } } });
  }
  return entities;
};
