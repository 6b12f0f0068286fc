import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isForInstitutions, SERVICES, type ServiceName, serviceNamed } from '@crossroads/topology';
import {
  anchorFile,
  type ApplicationSubject,
  CertificateAuthorities,
  type IdentityFiles,
  identityFiles,
  spkiOfPem,
  writePrivate,
} from '../certificates.js';
import { type Databases, databasesOf } from '../databases.js';
import { INSTITUTIONS } from '../demo/institutions.js';
import { codeOf } from '../failure.js';
import { KAFKA_ADMIN } from '../kafka.js';
import { receiptKeyFile, receiptKeysFile, serviceKeyFile } from '../key-files.js';
import { type Mesh, type MeshProcess, type MeshOfficials, type MeshSignIn, writeMesh } from '../mesh.js';
import { type Ports, portsFrom } from '../ports.js';
import { PORTAL, PORTAL_APPLICATION } from '../sign-in/portal-client.js';

/** The first forwarded port of charts/dev-infra, which differs from that of `npm start` so that both can run. */
export const CLUSTER_PORT_BASE = '27400';

/** The content of a service's Secrets. */
export interface ServiceSecrets {
  readonly tls: IdentityFiles;
  readonly databases: Databases;
  readonly keyFile: string;
  /** The private key, of services that sign receipts. */
  readonly receiptKey?: string;
}

/** A mesh on a laptop's cluster, as seen from the laptop: certificates and keys in a folder, services at forwarded ports. */
export class ClusterMesh {
  readonly trustDomain = 'crossroads.test';
  readonly folder: { readonly path: string; readonly certificates: string; readonly keys: string };
  private readonly certificates: Record<string, IdentityFiles> = {};
  private readonly startedAt = new Date().toISOString();
  private signIn: MeshSignIn | undefined;
  private officials: MeshOfficials | undefined;

  private constructor(
    path: string,
    /** Where the services' ports are forwarded to. */
    readonly ports: Ports,
    private readonly authority: CertificateAuthorities,
    private readonly secret: string,
  ) {
    this.folder = { path, certificates: join(path, 'certificates'), keys: join(path, 'keys') };
  }

  /** Makes what the folder lacks. */
  static async open(
    path: string,
    ports: Ports = portsFrom({ CROSSROADS_PORT_BASE: CLUSTER_PORT_BASE }),
  ): Promise<ClusterMesh> {
    await mkdir(join(path, 'keys'), { recursive: true, mode: 0o700 });
    const authority = await CertificateAuthorities.open(join(path, 'certificates'), 'crossroads.test');
    return new ClusterMesh(path, ports, authority, await secretIn(path));
  }

  /** The password of the role postgres; the passwords of services are derived from it. */
  get databasePassword(): string {
    return this.secret;
  }

  /** `host` is `postgresql:5432` in the cluster. */
  databases(service: ServiceName, host: string): Databases {
    return databasesOf(this.adminUrl(host), service, serviceNamed(service).subjectKeys, this.secret);
  }

  adminUrl(host: string): string {
    return `postgresql://postgres:${this.secret}@${host}/postgres`;
  }

  async secretsOf(service: ServiceName): Promise<ServiceSecrets> {
    return {
      tls: await this.identityOf(service),
      databases: this.databases(service, 'postgresql:5432'),
      keyFile: await serviceKeyFile(this.folder.keys, service),
      ...(serviceNamed(service).receipts === 'sign'
        ? { receiptKey: await receiptKeyFile(this.folder.keys, service) }
        : {}),
    };
  }

  get receiptKeysFile(): string {
    return receiptKeysFile(this.folder.keys);
  }

  /** PEM files of the authorities. */
  get authorities(): Mesh['authorities'] {
    const { certificates } = this.folder;
    return { services: anchorFile(certificates, 'services'), institutions: anchorFile(certificates, 'institutions') };
  }

  /** The certificate of the broker, which may administer it. */
  kafkaIdentity(): Promise<IdentityFiles> {
    return this.serviceIdentity(KAFKA_ADMIN);
  }

  /** The certificate of the sign-in provider, which runs beside the cluster. */
  signInIdentity(): Promise<IdentityFiles> {
    return this.serviceIdentity('sign-in');
  }

  async issueApplication(name: string, subject: ApplicationSubject): Promise<IdentityFiles> {
    const files = await identityFiles(this.folder.certificates, name, this.authority, (ca) =>
      ca.issueApplication(subject),
    );
    this.certificates[name] = files;
    return files;
  }

  async setSignIn(signIn: MeshSignIn): Promise<void> {
    this.signIn = signIn;
    await this.write();
  }

  async setOfficials(officials: MeshOfficials): Promise<void> {
    this.officials = officials;
    await this.write();
  }

  /** Authorization's BOOTSTRAP_ADMINISTRATOR. */
  async firstAdministrator(): Promise<string> {
    const { enterpriseNumber, name } = INSTITUTIONS.administrator;
    const application = 'administrator';
    const { certificate } = await this.issueApplication(application, { application, enterpriseNumber });
    return [enterpriseNumber, name, application, spkiOfPem(readFileSync(certificate, 'utf8'))].join(':');
  }

  /** `mesh.json`, so that the `crossroads` command and tools find the cluster through the forwarded ports. */
  async write(): Promise<void> {
    const services = SERVICES.map((name): [string, MeshProcess] => [
      name,
      {
        address: `localhost:${this.ports.services[name]}`,
        ...(isForInstitutions(name) ? { institutionsAddress: `localhost:${this.ports.forInstitutions[name]}` } : {}),
        log: `kubectl logs deployment/${name}`,
      },
    ]);
    const mesh: Mesh = {
      version: 1,
      trustDomain: this.trustDomain,
      startedAt: this.startedAt,
      pid: process.pid,
      services: Object.fromEntries(services),
      // Their settings are in the cluster.
      programs: {},
      institutions: {},
      postgres: {
        adminUrl: this.adminUrl(`localhost:${this.ports.postgres}`),
        databases: Object.fromEntries(
          SERVICES.map((name) => [name, this.databases(name, `localhost:${this.ports.postgres}`)]),
        ),
      },
      broker: {
        kind: 'kafka',
        brokers: [`localhost:${this.ports.kafka}`],
        institutionBrokers: [`localhost:${this.ports.kafkaForInstitutions}`],
      },
      authorities: this.authorities,
      certificates: this.certificates,
      keyFiles: Object.fromEntries(SERVICES.map((name) => [name, join(this.folder.keys, `${name}.json`)])),
      ...(this.signIn ? { signIn: this.signIn } : {}),
      ...(this.officials ? { officials: this.officials } : {}),
      logs: this.folder.path,
    };
    await writeMesh(this.folder.path, mesh);
  }

  private identityOf(service: ServiceName): Promise<IdentityFiles> {
    if (!serviceNamed(service).servesPages) return this.serviceIdentity(service);
    return this.issueApplication(PORTAL, PORTAL_APPLICATION);
  }

  private async serviceIdentity(name: string): Promise<IdentityFiles> {
    const files = await identityFiles(this.folder.certificates, name, this.authority, (ca) => ca.issueService(name));
    this.certificates[name] = files;
    return files;
  }
}

const secretIn = async (path: string): Promise<string> => {
  const file = join(path, 'database-password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const made = randomBytes(24).toString('hex');
  await writePrivate(file, `${made}\n`);
  return made;
};
