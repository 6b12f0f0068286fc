import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newRequestId } from '@crossroads/grpc';
import {
  ANCHORS,
  type Anchor,
  anchorFile,
  CertificateAuthorities,
  type IssuedCertificate,
  type InstitutionName,
  INSTITUTIONS,
  isServing,
  KAFKA_ADMIN,
  numberOf,
  registeredUntil,
  SERVICES,
  spkiOfPem,
  writePrivate,
} from '@crossroads/local';
import { SERVERS, serviceNamed } from '@crossroads/topology';
import type { WholeMesh } from '../whole-mesh.js';

/** The certificate with which the mesh checks the health of its services. */
const SUPERVISOR = 'local';

/** Renews all certificates of a running mesh with a new authority, as an operator does. Only Kafka is restarted, because it reads its files at start. */
export class Renewal {
  private constructor(
    private readonly mesh: WholeMesh,
    private readonly next: CertificateAuthorities,
    private readonly before: string,
  ) {}

  static async of(mesh: WholeMesh): Promise<Renewal> {
    const { certificates, path } = mesh.local.folder;
    const before = join(path, 'certificates-before');
    mkdirSync(before, { mode: 0o700 });
    for (const file of ['services-ca.pem', `${SUPERVISOR}.pem`, `${SUPERVISOR}-key.pem`])
      copyFileSync(join(certificates, file), join(before, file));
    return new Renewal(mesh, await CertificateAuthorities.create(mesh.local.trustDomain, 'The next CA'), before);
  }

  /** The addresses of the mesh's own processes, without the exchange. */
  get others(): string[] {
    const { services } = this.mesh.local.ports;
    return SERVERS.filter((name) => name !== 'exchange').map((name) => `localhost:${services[name]}`);
  }

  /** Lets all processes trust both authorities. */
  async trustBoth(): Promise<void> {
    for (const anchor of ANCHORS)
      await this.trust(anchor, this.mesh.local.authority.certificateOf(anchor), this.next.certificateOf(anchor));
    await this.restartKafka();
  }

  /** Issues certificates of the new authority for every service and for one institution, whose new key is registered first. */
  async issueAll(institution: InstitutionName): Promise<void> {
    const { local } = this.mesh;
    const enterpriseNumber = numberOf(institution);
    const renewed = await this.next.issueApplication({ application: institution, enterpriseNumber });
    const held = readFileSync(join(local.folder.certificates, `${institution}.pem`), 'utf8');
    await this.mesh.as('administrator').authorization.registerApplication({
      requestId: newRequestId(),
      application: {
        enterpriseNumber,
        name: institution,
        spkiHashes: [spkiOfPem(held), spkiOfPem(renewed.certificate)],
        rights: [...INSTITUTIONS[institution].rights],
        notAfter: registeredUntil(),
      },
    });
    await this.replace(institution, renewed);
    // The portal's is an institution's.
    const services = SERVICES.filter((name) => !serviceNamed(name).servesPages);
    for (const name of [...services, SUPERVISOR]) await this.replace(name, await this.next.issueService(name));
    const kafka = await this.next.issueService(KAFKA_ADMIN);
    await this.replace(KAFKA_ADMIN, kafka);
    await this.write(`${KAFKA_ADMIN}-store.pem`, `${kafka.key.trim()}\n${kafka.certificate}`);
    await this.restartKafka();
  }

  /** Removes the old authority from what all processes trust. */
  async trustTheNew(): Promise<void> {
    for (const anchor of ANCHORS) await this.trust(anchor, this.next.certificateOf(anchor));
    await this.restartKafka();
  }

  isServing(address: string): Promise<boolean> {
    return isServing(address, this.identityIn(this.mesh.local.folder.certificates));
  }

  /** Whether a server accepts a certificate of the old authority from a client that trusts both. */
  async isServingTheOld(address: string): Promise<boolean> {
    const ca = anchorFile(this.mesh.local.folder.certificates, 'services');
    return isServing(address, { ...this.identityIn(this.before), ca });
  }

  private identityIn(folder: string) {
    return {
      ca: anchorFile(folder, 'services'),
      certificate: join(folder, `${SUPERVISOR}.pem`),
      key: join(folder, `${SUPERVISOR}-key.pem`),
    };
  }

  /** Writes key and certificate one after the other, so that for a moment they do not match. */
  private async replace(name: string, { certificate, key }: IssuedCertificate): Promise<void> {
    await this.write(`${name}-key.pem`, key);
    await this.write(`${name}.pem`, certificate);
  }

  private trust(anchor: Anchor, ...certificates: readonly string[]): Promise<void> {
    return writePrivate(anchorFile(this.mesh.local.folder.certificates, anchor), certificates.join('\n'));
  }

  private write(file: string, text: string): Promise<void> {
    return writePrivate(join(this.mesh.local.folder.certificates, file), text);
  }

  private async restartKafka(): Promise<void> {
    if (this.mesh.kafkaAbsent === undefined) await this.mesh.local.kill('kafka');
  }
}
