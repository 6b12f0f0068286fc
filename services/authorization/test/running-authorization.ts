import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { RegisterServiceService } from '@crossroads/contracts/authorization/v1/register_service';
import { newRequestId, RemoteError, type TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { CertificateAuthorities } from '@crossroads/local';
import { followPolicy, type PolicyFollower } from '@crossroads/policy';
import type { TestDatabase } from '@crossroads/testing';
import { type ServiceProcess, spkiHash, TestMesh, TRUST_DOMAIN } from '@crossroads/testing/mesh';

/** Institutions of the test, by their short names; each has the application `desk`. */
export const numbers = {
  administrator: withCbeCheck('02030001'),
  committee: withCbeCheck('02030002'),
  welfareOffice: withCbeCheck('02030003'),
  employmentOffice: withCbeCheck('02030004'),
} as const;
export type Name = keyof typeof numbers;

/** The service in a process of its own, and certificates of the institutions and services that call it, by name. */
export class RunningAuthorization {
  private readonly certificates = new Map<string, TlsFiles>();
  private running: ServiceProcess | undefined;

  private constructor(private readonly mesh: TestMesh) {}

  /** With these settings besides those that it needs. */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    nodeOptions: readonly string[] = [],
  ): Promise<RunningAuthorization> {
    const mesh = await TestMesh.start('authorization');
    const authorization = new RunningAuthorization(mesh);
    for (const name of ['exchange', 'access-audit', 'stranger'])
      authorization.certificates.set(name, await mesh.serviceCertificate(name));
    for (const [name, enterpriseNumber] of Object.entries(numbers)) await authorization.issue(name, enterpriseNumber);
    const spki = authorization.spki('administrator');
    authorization.running = await mesh.startProcess({
      env: {
        BOOTSTRAP_ADMINISTRATOR: `${numbers.administrator}:Administration of the network:desk:${spki}`,
        ...settings,
      },
      nodeOptions,
    });
    return authorization;
  }

  get process(): ServiceProcess {
    if (!this.running) throw new Error('authorization does not run');
    return this.running;
  }

  get database(): TestDatabase {
    return this.mesh.database;
  }

  as(name: string, deadlineMs = 20_000, port = this.process.port) {
    return this.mesh.connect(AuthorizationServiceService, port, this.certificate(name), { deadlineMs });
  }

  registerAs(name: string) {
    return this.mesh.connect(RegisterServiceService, this.process.port, this.certificate(name), { deadlineMs: 20_000 });
  }

  /** Another process, on the same database, which may not get ready. */
  async startAnother(): Promise<ServiceProcess> {
    return this.mesh.startProcess({ until: 'listening' });
  }

  /** Runs when everything is closed, before this is. */
  defer(end: () => unknown): void {
    this.mesh.defer(end);
  }

  follow(staleAfterMs?: number, port = this.process.port): PolicyFollower {
    const stale = staleAfterMs === undefined ? {} : { staleAfterMs };
    const address = `127.0.0.1:${port}`;
    const follower = followPolicy({ address, tls: this.certificate('exchange'), trustDomain: TRUST_DOMAIN, ...stale });
    this.mesh.defer(() => follower.close());
    return follower;
  }

  /** A new certificate of an institution, under a name of its own. */
  async issue(
    name: string,
    enterpriseNumber: string,
    options: { readonly notAfter?: Date; readonly application?: string } = {},
  ) {
    this.certificates.set(name, await this.mesh.applicationCertificate(enterpriseNumber, options));
  }

  /** A certificate that says the right thing, of an authority that nobody trusts. */
  async issueByStranger(name: string, enterpriseNumber: string) {
    const stranger = await CertificateAuthorities.create(TRUST_DOMAIN);
    this.certificates.set(name, await this.mesh.untrustedCertificate(stranger, enterpriseNumber));
  }

  spki(name: string): string {
    return spkiHash(this.certificate(name));
  }

  /** Members with their keys; the administrator is there from the start. */
  async registerMembers(): Promise<void> {
    const administrator = this.as('administrator');
    const roles = { administrator: [1], committee: [2], welfareOffice: [], employmentOffice: [] } as const;
    for (const name of ['administrator', 'committee', 'welfareOffice', 'employmentOffice'] as const) {
      const enterpriseNumber = numbers[name];
      const institution = {
        enterpriseNumber,
        name,
        roles: [...roles[name]],
        represents: [],
        acceptedBy: [],
        officialKeys: [],
      };
      await administrator.registerInstitution({ requestId: newRequestId(), institution });
      const application = { ...REGISTRATION, enterpriseNumber, name: 'desk', spkiHashes: [this.spki(name)] };
      await administrator.registerApplication({ requestId: newRequestId(), application });
    }
  }

  close(): Promise<void> {
    return this.mesh.stop();
  }

  private certificate(name: string): TlsFiles {
    const tls = this.certificates.get(name);
    if (!tls) throw new Error(`there is no certificate ${name}`);
    return tls;
  }
}

/** Of applications that specs register: what any of them does, for almost as long as may be. */
export const REGISTRATION = {
  rights: ['administer', 'entrust', 'decide', 'propose', 'publish', 'consult', 'portal:https://sign-in.test'],
  notAfter: new Date(Date.now() + 399 * 86_400_000),
};

/** `CODE REASON`, or `OK`. */
export const outcomeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'OK';
  } catch (error) {
    if (error instanceof RemoteError) return error.reason || `code ${error.code}`;
    throw error;
  }
};
