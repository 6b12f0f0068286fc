import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { type Connection, connect, type RunningServer, spkiOf, startServer, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthority, type Identity } from '@crossroads/local';
import { type Broker, openBroker, TopicSealing } from '@crossroads/messaging';
import { BlindIndex, FileKeyProvider, generateKeyFile, TopicSealer } from '@crossroads/privacy';
import { freePort, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { PolicyFeed, ServiceProcess } from '@crossroads/testing/mesh';
import { RegistryStandIn } from './registry-stand-in.js';

export const TRUST_DOMAIN = 'crossroads.test';

export const WELFARE_OFFICE = withCbeCheck('02121770');
export const HEALTH_FUND = withCbeCheck('04112345');
/** May act for the welfare office. */
export const INTEGRATOR = withCbeCheck('08612345');
/** Has a certificate of the authority, but nobody has registered its key. */
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

export type Directory = Connection<typeof DirectoryServiceService>;

/** The service as a process of its own, with PostgreSQL and mutual TLS; authorization and the registry are stand-ins. */
export class RunningDirectory {
  private process: ServiceProcess | undefined;
  private earlierOutput = '';

  private constructor(
    readonly port: number,
    readonly database: TestDatabase,
    readonly log: TestDatabase,
    readonly registry: RegistryStandIn,
    private readonly broker: Broker,
    private readonly folder: string,
    private readonly policy: PolicyFeed,
    private readonly persons: RunningServer,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** @param before Called before the service starts */
  static async start(
    before: (registry: RegistryStandIn) => Promise<unknown> = async () => undefined,
  ): Promise<RunningDirectory> {
    const folder = mkdtempSync(join(tmpdir(), 'reference-directory-'));
    const policy = new PolicyFeed();
    await issueCertificates(folder, policy);
    const keyFile = join(folder, 'keys.json');
    await generateKeyFile(keyFile, ['ssin-index', 'page-tokens', 'crossroads.person.v1']);
    const [database, log] = [await testDatabase(), await testDatabase()];

    const keys = new FileKeyProvider(keyFile);
    const broker = await openBroker({ clientId: 'test', embeddedLogUrl: log.migratorUrl });
    await broker.ensureTopic({ name: 'crossroads.person.v1', retentionDays: 7 });
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'person-registry' }));
    const registry = new RegistryStandIn(await BlindIndex.open(keys, 'ssin-index'), broker, sealing);
    await before(registry);
    const persons = await startServer({
      host: '127.0.0.1',
      port: 0,
      tls: tlsOf(folder, 'person-registry'),
      trustDomain: TRUST_DOMAIN,
      domain: 'person-registry.crossroads',
      services: [registry.serve()],
    });

    const port = await freePort();
    const own = tlsOf(folder, 'reference-directory');
    const env = {
      GRPC_PORT: String(port),
      DATABASE_URL: database.url,
      DATABASE_MIGRATOR_URL: database.migratorUrl,
      EMBEDDED_LOG_URL: log.migratorUrl,
      TLS_CA_FILE: own.ca,
      TLS_CERT_FILE: own.cert,
      TLS_KEY_FILE: own.key,
      KEY_FILE: keyFile,
      AUTHORIZATION_ADDRESS: await policy.start(tlsOf(folder, 'authorization'), TRUST_DOMAIN),
      PERSON_REGISTRY_ADDRESS: `127.0.0.1:${persons.port}`,
    };
    const running = new RunningDirectory(port, database, log, registry, broker, folder, policy, persons, env);
    await running.launch();
    return running;
  }

  /** Starts the process, and waits until it serves with a policy. */
  async launch(): Promise<void> {
    this.earlierOutput = this.output;
    const probe = this.as(WELFARE_OFFICE);
    const serves = () =>
      probe.listInscriptions({ institution: '', ssin: '', pageSize: 1, pageToken: '' }, { deadlineMs: 2_000 }).then(
        () => true,
        () => false,
      );
    this.process = await ServiceProcess.start(main, this.env, serves).finally(() => probe.close());
  }

  /** Everything that the processes have printed. */
  get output(): string {
    return this.earlierOutput + (this.process?.output ?? '');
  }

  /** SIGTERM as from an orchestrator, SIGKILL as in a power cut; gives the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return (await this.process?.stop(signal)) ?? null;
  }

  as(name: string): Directory {
    return connect(DirectoryServiceService, `127.0.0.1:${this.port}`, {
      tls: tlsOf(this.folder, name),
      trustDomain: TRUST_DOMAIN,
      server: { kind: 'service', name: 'reference-directory' },
      deadlineMs: 20_000,
    });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.broker.close();
    await this.policy.stop();
    await this.persons.stop();
    await Promise.all([this.database.drop(), this.log.drop()]);
    await (await testPostgres()).stop();
    rmSync(this.folder, { recursive: true });
  }
}

const tlsOf = (folder: string, name: string): TlsFiles => ({
  ca: join(folder, 'ca.pem'),
  cert: join(folder, `${name}.pem`),
  key: join(folder, `${name}-key.pem`),
});

/** Issues certificates for everybody, and registers the institutions. */
const issueCertificates = async (folder: string, policy: PolicyFeed): Promise<void> => {
  const authority = await CertificateAuthority.create(TRUST_DOMAIN);
  const write = (name: string, { certificate, key }: Identity) => {
    const files = tlsOf(folder, name);
    writeFileSync(files.ca, authority.certificate);
    writeFileSync(files.cert, certificate);
    writeFileSync(files.key, key);
  };
  for (const name of SERVICES) write(name, await authority.issueService(name));
  write(UNREGISTERED, await authority.issueApplication({ application: 'shadow', enterpriseNumber: WELFARE_OFFICE }));
  for (const [enterpriseNumber, represents] of INSTITUTIONS) {
    const name = 'files';
    write(enterpriseNumber, await authority.issueApplication({ application: name, enterpriseNumber }));
    const hash = spkiOf(new X509Certificate(readFileSync(tlsOf(folder, enterpriseNumber).cert)));
    const institution = { enterpriseNumber, name, roles: [], represents: [...represents], officialKeys: [] };
    policy.put(
      { $case: 'institution', value: institution },
      { $case: 'application', value: { enterpriseNumber, name, spkiHashes: [hash] } },
    );
  }
};
