import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { migrateEmbeddedLog } from '@crossroads/messaging';
import {
  authorization,
  ebox,
  isForInstitutions,
  isServer,
  portal,
  SERVICES,
  type ServiceName,
  serviceNamed,
} from '@crossroads/topology';
import {
  anchorFile,
  type ApplicationSubject,
  CertificateAuthorities,
  type IdentityFiles,
  identityFiles,
  spkiOfPem,
} from './certificates.js';
import type { DataFolder } from './data-folder.js';
import type { Databases, LocalDatabase } from './databases.js';
import { INSTITUTIONS } from './demo/institutions.js';
import { PORTAL, PORTAL_APPLICATION } from './sign-in/portal-client.js';
import { issuerOf } from './sign-in/sign-in-provider.js';
import { inheritedEnvironment, meshEnvironment, serviceEnvironment } from './environment.js';
import { LocalFailure } from './failure.js';
import { isServing, probe } from './health.js';
import { type Kafka, startKafka } from './kafka.js';
import { prepareTopics } from './kafka-topics.js';
import { receiptKeyFile, receiptKeysFile, serviceKeyFile } from './key-files.js';
import {
  type Mesh,
  type MeshBroker,
  type MeshProcess,
  type MeshProgram,
  type MeshOfficials,
  type MeshSignIn,
  writeMesh,
} from './mesh.js';
import { nodeProgram } from './node-program.js';
import { type Ports, requireFree } from './ports.js';
import { type Postgres, startPostgres } from './postgres.js';
import { Supervised } from './supervised.js';

/** The name of the certificate with which the supervisor checks the health of processes. */
const SUPERVISOR = 'local';

export interface LocalMeshOptions {
  /** The repository. */
  readonly root: string;
  readonly folder: DataFolder;
  readonly ports: Ports;
  /** Settings of the user, for every process: `CROSSROADS_TRUST_DOMAIN`, `CROSSROADS_MODE`, `LOG_LEVEL` … */
  readonly environment?: NodeJS.ProcessEnv;
  readonly report?: (line: string) => void;
}

/** A process of an institution. */
export interface InstitutionProgram {
  readonly name: string;
  /** Path of its main module. */
  readonly main: string;
  readonly port: number;
  readonly identity: IdentityFiles;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Everything that runs on one machine: PostgreSQL, Kafka or the embedded log, and a process for each service. */
export class LocalMesh {
  readonly root: string;
  readonly folder: DataFolder;
  readonly ports: Ports;
  readonly trustDomain: string;
  private readonly environment: NodeJS.ProcessEnv;
  private readonly report: (line: string) => void;
  private readonly startedAt = new Date().toISOString();
  private readonly running = new Map<
    string,
    {
      readonly address: string;
      readonly institutionsAddress: string | undefined;
      readonly process: Supervised;
      readonly institution: boolean;
    }
  >();
  private readonly certificates: Record<string, IdentityFiles> = {};
  private readonly keyFiles: Record<string, string> = {};
  private readonly databases: Record<string, Databases> = {};
  private readonly programs: Record<string, MeshProgram> = {};
  private readonly stopping = new AbortController();
  private readonly starts = new Set<Promise<unknown>>();
  private signIn: MeshSignIn | undefined;
  private officials: MeshOfficials | undefined;
  private ca: CertificateAuthorities | undefined;
  private postgres: Postgres | undefined;
  private kafka: Kafka | undefined;
  private embeddedLog: LocalDatabase | undefined;

  constructor({ root, folder, ports, environment = process.env, report = () => {} }: LocalMeshOptions) {
    this.root = root;
    this.folder = folder;
    this.ports = ports;
    this.environment = environment;
    this.report = report;
    this.trustDomain = environment['CROSSROADS_TRUST_DOMAIN'] ?? 'crossroads.test';
  }

  /** Makes certificates and starts PostgreSQL and Kafka. */
  startInfrastructure(): Promise<void> {
    return this.unlessStopped(this.openInfrastructure());
  }

  private async openInfrastructure(): Promise<void> {
    const { folder, ports, environment, report } = this;
    const { signal } = this.stopping;
    this.ca = await CertificateAuthorities.open(folder.certificates, this.trustDomain);
    const authority = this.ca;
    this.certificates[SUPERVISOR] = await this.serviceIdentity(SUPERVISOR);
    // First, because it starts within a second: a problem with it is reported before the slower start of Kafka.
    this.postgres = await startPostgres({
      dataFolder: folder.path,
      port: ports.postgres,
      outside: environment['CROSSROADS_POSTGRES_URL'],
      report,
      signal,
    });
    this.kafka = await startKafka({
      dataFolder: folder.path,
      port: ports.kafka,
      institutionsPort: ports.kafkaForInstitutions,
      controllerPort: ports.kafkaController,
      authority,
      environment,
      report,
      signal,
    });
    if (this.kafka?.kind === 'kafka') {
      this.certificates['kafka'] = this.kafka.admin;
      await prepareTopics(this.kafka.brokers, this.kafka.admin);
    } else {
      const { main } = await this.started(this.postgres).ensureService('embedded-log');
      await migrateEmbeddedLog(main.app, main.migrator);
      this.embeddedLog = main;
    }
  }

  /** Starts all services that are built, and resolves when each is ready. */
  async startServices(): Promise<{
    readonly started: readonly ServiceName[];
    readonly missing: readonly ServiceName[];
  }> {
    const isBuilt = (name: ServiceName) => existsSync(this.mainOf(name)) && statSync(this.mainOf(name)).size > 200;
    const [started, missing] = [SERVICES.filter(isBuilt), SERVICES.filter((name) => !isBuilt(name))];
    const { services, forInstitutions } = this.ports;
    await Promise.all(started.flatMap((name) => [services, forInstitutions].map((of) => requireFree(of[name], name))));
    if (started.includes(portal.name)) await requireFree(this.ports.portal, 'pages of the portal');
    for (const name of started) await this.prepareService(name);
    // The first failure rejects; `stop` then stops the others.
    await Promise.all(started.map((name) => this.startService(name)));
    await this.write();
    return { started, missing };
  }

  /** Issues the certificate of an application once, and lists it in `mesh.json` by name. */
  async issueApplication(name: string, subject: ApplicationSubject): Promise<IdentityFiles> {
    const files = await identityFiles(this.folder.certificates, name, this.authority, (ca) =>
      ca.issueApplication(subject),
    );
    this.certificates[name] = files;
    await this.write();
    return files;
  }

  /** Starts a process of an institution (an authentic source), and restarts it when it ends. */
  async startInstitution({ name, main, port, identity, environment = {} }: InstitutionProgram): Promise<void> {
    await requireFree(port, name);
    const address = `localhost:${port}`;
    await this.launch(
      name,
      main,
      address,
      { institution: true },
      {
        ...meshEnvironment(this, identity, port),
        ...environment,
      },
    );
    await this.write();
  }

  /** Starts the sign-in provider, whose people citizens choose from. @param people their folder; absent: generated people */
  async startSignIn(keyFile: string, people: string | undefined): Promise<void> {
    const { signIn: port, signInMtls, portal: portalPort } = this.ports;
    await Promise.all([port, signInMtls].map((one) => requireFree(one, 'the sign-in provider')));
    const isReady = () =>
      fetch(`${issuerOf(port)}/.well-known/openid-configuration`).then(
        ({ ok }) => ok,
        () => false,
      );
    const environment = {
      ...meshEnvironment(this, await this.serviceIdentity('sign-in'), signInMtls),
      INSTITUTIONS_CA_FILE: anchorFile(this.folder.certificates, 'institutions'),
      SIGN_IN_PORT: String(port),
      SIGN_IN_MTLS_PORT: String(signInMtls),
      SIGN_IN_KEY_FILE: keyFile,
      PORTAL_PORT: String(portalPort),
      ...(people === undefined ? {} : { PEOPLE: people }),
    };
    const main = join(this.root, 'libs', 'local', 'dist', 'sign-in', 'sign-in-main.js');
    await this.launch('sign-in', main, `localhost:${port}`, { institution: true, isReady }, environment);
    await this.write();
  }

  async setSignIn(signIn: MeshSignIn): Promise<void> {
    this.signIn = signIn;
    await this.write();
  }

  async setOfficials(officials: MeshOfficials): Promise<void> {
    this.officials = officials;
    await this.write();
  }

  get authority(): CertificateAuthorities {
    return this.started(this.ca);
  }

  /** The public keys of receipts, by key id. */
  get receiptKeysFile(): string {
    return receiptKeysFile(this.folder.keys);
  }

  /** How Kafka runs; undefined when there is none. */
  get kafkaRuns(): string | undefined {
    return this.kafka?.kind === 'kafka' ? this.kafka.runs : undefined;
  }

  /** The process of a service, an institution, `postgres`, or `kafka` unless it runs in a container. */
  process(name: string): Supervised | undefined {
    if (name === 'postgres') return this.postgres?.process;
    if (name === 'kafka') return this.kafka?.kind === 'kafka' ? this.kafka.process : undefined;
    return this.running.get(name)?.process;
  }

  /** Kills a process, or the container of Kafka, with SIGKILL. It is restarted; resolves when it serves. */
  async kill(name: string): Promise<void> {
    const victim = this.processOrContainer(name);
    if (victim?.killAndWait === undefined) throw new Error(`${name} is not running here`);
    await victim.killAndWait();
    await this.write();
  }

  /** Suspends a process, or the container of Kafka: it answers nothing and keeps its connections. Resolves to what lets it go on. */
  async suspend(name: string): Promise<() => Promise<void>> {
    const suspended = await this.processOrContainer(name)?.suspend?.();
    if (suspended === undefined) throw new Error(`${name} is not running here`);
    return suspended;
  }

  private processOrContainer(name: string) {
    return name === 'kafka' && this.kafka?.kind === 'kafka' ? this.kafka : this.process(name);
  }

  mesh(): Mesh {
    const processes = (institution: boolean): Record<string, MeshProcess> =>
      Object.fromEntries(
        [...this.running]
          .filter(([, entry]) => entry.institution === institution)
          .map(
            ([
              name,
              {
                address,
                institutionsAddress,
                process: { pid, log },
              },
            ]) => [
              name,
              {
                address,
                ...(institutionsAddress === undefined ? {} : { institutionsAddress }),
                ...(name === portal.name ? { url: this.portalUrl } : {}),
                log,
                ...withPid(pid),
              },
            ],
          ),
      );
    return {
      version: 1,
      trustDomain: this.trustDomain,
      startedAt: this.startedAt,
      pid: process.pid,
      services: processes(false),
      programs: this.programs,
      institutions: processes(true),
      postgres: {
        adminUrl: this.started(this.postgres).adminUrl,
        databases: this.databases,
        ...withPid(this.process('postgres')?.pid),
      },
      broker: this.broker(),
      authorities: {
        services: anchorFile(this.folder.certificates, 'services'),
        institutions: anchorFile(this.folder.certificates, 'institutions'),
      },
      certificates: this.certificates,
      keyFiles: this.keyFiles,
      ...(this.signIn ? { signIn: this.signIn } : {}),
      ...(this.officials ? { officials: this.officials } : {}),
      logs: this.folder.logs,
    };
  }

  /** What a citizen types. */
  get portalUrl(): string {
    return `http://localhost:${this.ports.portal}`;
  }

  write(): Promise<void> {
    return writeMesh(this.folder.path, this.mesh());
  }

  /** Stops institutions and services within 10 s, then Kafka, then PostgreSQL. */
  async stop(): Promise<void> {
    this.stopping.abort(new LocalFailure('Stopped while it started.'));
    await Promise.allSettled(this.starts);
    await Promise.all([...this.running.values()].map((entry) => entry.process.stop()));
    await this.kafka?.stop();
    await this.postgres?.stop();
  }

  private async prepareService(name: ServiceName): Promise<void> {
    const { database, subjectKeys, receipts } = serviceNamed(name);
    this.certificates[name] = await this.identityOf(name);
    this.keyFiles[name] = await serviceKeyFile(this.folder.keys, name);
    if (receipts === 'sign') this.keyFiles[`${name}-receipts`] = await receiptKeyFile(this.folder.keys, name);
    if (database) this.databases[name] = await this.started(this.postgres).ensureService(name, { keys: subjectKeys });
  }

  private async startService(name: ServiceName): Promise<void> {
    const environment = await this.environmentOf(name);
    this.programs[name] = {
      main: this.mainOf(name),
      environment: definedOf({ ...inheritedEnvironment(this.environment), ...environment }),
    };
    await this.launch(
      name,
      this.mainOf(name),
      `localhost:${this.ports.services[name]}`,
      {
        serves: isServer(name),
        ...(isForInstitutions(name) ? { institutionsAddress: `localhost:${this.ports.forInstitutions[name]}` } : {}),
      },
      environment,
    );
  }

  /** The environment of a process of this service. With other ports it is the environment of one more replica. */
  async environmentOf(
    name: ServiceName,
    port = this.ports.services[name],
    institutionsPort = this.ports.forInstitutions[name],
  ): Promise<NodeJS.ProcessEnv> {
    const receipts = this.keyFiles[`${name}-receipts`];
    return {
      ...meshEnvironment(this, this.started(this.certificates[name]), port, {
        institutionsPort: isForInstitutions(name) ? institutionsPort : undefined,
        connectsTo: serviceNamed(name).servesPages ? 'forInstitutions' : 'services',
      }),
      ...(isServer(name) ? {} : { HEALTH_PORT: String(port) }),
      ...(await this.settingsOf(name)),
      KEY_FILE: this.keyFiles[name],
      ...(receipts ? { RECEIPT_KEY_FILE: receipts } : {}),
      ...serviceEnvironment(this.databases[name], this.broker()),
    };
  }

  /** What only this service reads. */
  private async settingsOf(name: ServiceName): Promise<NodeJS.ProcessEnv> {
    if (name === authorization.name) return { BOOTSTRAP_ADMINISTRATOR: await this.firstAdministrator() };
    if (name === ebox.name)
      return {
        DOCUMENT_STORE_DIR: join(this.folder.path, 'uploads'),
        OPERATOR_ENTERPRISE_NUMBER: INSTITUTIONS.administrator.enterpriseNumber,
      };
    if (name === portal.name)
      return {
        HTTP_PORT: String(this.ports.portal),
        PUBLIC_URL: this.portalUrl,
        SIGN_IN_ISSUER: issuerOf(this.ports.signIn),
        SIGN_IN_CA_FILE: anchorFile(this.folder.certificates, 'services'),
      };
    return {};
  }

  /** Who may change the policy while it is empty, in the form of the setting BOOTSTRAP_ADMINISTRATOR. */
  private async firstAdministrator(): Promise<string> {
    const { enterpriseNumber, name } = INSTITUTIONS.administrator;
    const application = 'administrator';
    const { certificate } = await this.issueApplication(application, { application, enterpriseNumber });
    return [enterpriseNumber, name, application, spkiOfPem(readFileSync(certificate, 'utf8'))].join(':');
  }

  private async launch(
    name: string,
    main: string,
    address: string,
    {
      institution = false,
      serves = true,
      institutionsAddress,
      isReady,
    }: {
      readonly institution?: boolean;
      readonly serves?: boolean;
      readonly institutionsAddress?: string;
      readonly isReady?: () => Promise<boolean>;
    },
    environment: NodeJS.ProcessEnv,
  ): Promise<void> {
    const supervisor = this.started(this.certificates[SUPERVISOR]);
    const identity = institution
      ? { ...supervisor, ca: anchorFile(this.folder.certificates, 'institutions') }
      : supervisor;
    const isHealthy = () => (serves ? isServing(address, identity) : probe(Number(address.split(':').at(-1))));
    const starting = Supervised.start(
      {
        name,
        ...nodeProgram(main),
        environment: { ...inheritedEnvironment(this.environment), ...environment },
        cwd: this.root,
        stopTimeoutMs: 10_000,
        startTimeoutMs: 60_000,
        isReady: isReady ?? isHealthy,
      },
      {
        run: this.folder.run,
        logs: this.folder.logs,
        report: this.report,
        signal: this.stopping.signal,
        onChange: () => void this.write().catch(() => {}),
      },
    );
    const add = starting.then((supervised) =>
      this.running.set(name, { address, institutionsAddress, process: supervised, institution }),
    );
    await this.unlessStopped(add);
  }

  /** Lets `stop` wait for a start in progress, so that no process remains. */
  private async unlessStopped<Result>(starting: Promise<Result>): Promise<Result> {
    this.starts.add(starting);
    try {
      return await starting;
    } finally {
      this.starts.delete(starting);
    }
  }

  private broker(): MeshBroker {
    if (this.kafka?.kind === 'kafka')
      return {
        kind: 'kafka',
        brokers: this.kafka.brokers,
        institutionBrokers: this.kafka.institutionBrokers,
        ...withPid(this.kafka.process?.pid),
      };
    return {
      kind: 'embedded',
      url: this.started(this.embeddedLog).app,
      why: this.kafka?.why ?? 'there is no Kafka',
    };
  }

  private identityOf(name: ServiceName): Promise<IdentityFiles> {
    if (!serviceNamed(name).servesPages) return this.serviceIdentity(name);
    return this.issueApplication(PORTAL, PORTAL_APPLICATION);
  }

  private serviceIdentity(name: string): Promise<IdentityFiles> {
    return identityFiles(this.folder.certificates, name, this.authority, (ca) => ca.issueService(name));
  }

  /** The module that a process of this service runs. */
  mainOf(name: ServiceName): string {
    return join(this.root, 'services', name, 'dist', 'src', 'main.js');
  }

  private started<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new LocalFailure('The mesh has not been started yet.');
    return part;
  }
}

const withPid = (pid: number | undefined) => (pid === undefined ? {} : { pid });

const definedOf = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
