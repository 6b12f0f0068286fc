import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import type { Connection, TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { DirectoryStandIn, type TestPublisher, type ServiceProcess, type TestMesh } from '@crossroads/testing/mesh';
import { exportJWK, SignJWT } from 'jose';

export const TOPIC = 'crossroads.access.exchange.v1';
/** `service` of the events, and the beginning of their types. */
export const EVENTS = 'crossroads.access.v1';
export const PORTAL = withCbeCheck('02080000');
export const WELFARE = withCbeCheck('02070000');
/** An enterprise with a mailbox. */
export const BAKERY = withCbeCheck('02090000');
export const ISSUER = 'https://sign-in.test';
export const OTHER_ISSUER = 'https://other.test';

export type AuditClient = Connection<typeof AuditServiceService>;

/** A portal for citizens, a welfare office, two sign-in providers, and the services whose accesses are listed. */
export class World {
  private readonly tls = new Map<string, TlsFiles>();
  private readonly signIn = new Map<string, KeyObject>();

  private constructor(
    private readonly mesh: TestMesh,
    readonly exchange: TestPublisher,
    readonly subscription: TestPublisher,
    readonly ebox: TestPublisher,
    readonly directory: DirectoryStandIn,
    readonly inscriptions: TestPublisher,
  ) {}

  static async create(mesh: TestMesh): Promise<World> {
    const directory = new DirectoryStandIn();
    const world = new World(
      mesh,
      await mesh.publisher('exchange', TOPIC, EVENTS),
      await mesh.publisher('subscription', 'crossroads.access.subscription.v1', EVENTS),
      await mesh.publisher('ebox', 'crossroads.access.ebox.v1', EVENTS),
      directory,
      await mesh.publisher(
        'reference-directory',
        'crossroads.access.directory.v1',
        EVENTS,
        directory.serve('access-audit'),
      ),
    );
    for (const enterpriseNumber of [PORTAL, WELFARE])
      world.tls.set(enterpriseNumber, await mesh.register(enterpriseNumber));
    for (const issuer of [ISSUER, OTHER_ISSUER]) await world.provider(issuer);
    return world;
  }

  private async provider(issuer: string): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.signIn.set(issuer, privateKey);
    const jwk = { ...(await exportJWK(publicKey)) };
    this.mesh.policy.put({ $case: 'signInProvider', value: { issuer, keys: [{ kid: 'k1', jwk }] } });
  }

  /** What a sign-in provider says of a citizen. */
  token(
    ssin: string,
    more: {
      issuer?: string;
      audience?: string;
      lifetimeS?: number;
      signedBy?: string;
      kid?: string;
      enterpriseRoles?: unknown;
    } = {},
  ): Promise<string> {
    const { issuer = ISSUER, audience = 'urn:crossroads:access-audit', lifetimeS = 120, kid = 'k1' } = more;
    const key = this.signIn.get(more.signedBy ?? issuer);
    if (!key) throw new Error('no such provider');
    const now = Math.floor(Date.now() / 1000);
    const { enterpriseRoles } = more;
    return new SignJWT({ ssin, ...(enterpriseRoles === undefined ? {} : { enterprise_roles: enterpriseRoles }) })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeS)
      .sign(key);
  }

  certificate(enterpriseNumber: string): TlsFiles {
    const tls = this.tls.get(enterpriseNumber);
    if (!tls) throw new Error('no such institution in this world');
    return tls;
  }

  /** The application `desk` of an institution, or whoever else has this certificate. */
  client({ port }: Pick<ServiceProcess, 'port'>, who: string | TlsFiles): AuditClient {
    return this.mesh.connect(AuditServiceService, port, typeof who === 'string' ? this.certificate(who) : who);
  }
}
