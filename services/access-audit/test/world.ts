import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import type { Connection, TlsFiles } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import {
  ALL_RIGHTS_BUT_PORTAL,
  DirectoryStandIn,
  type ServiceProcess,
  SignInStandIn,
  type TestMesh,
  type TestPublisher,
  type TestToken,
} from '@crossroads/testing/mesh';

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
  private readonly providers = new Map<string, SignInStandIn>();

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
    world.tls.set(PORTAL, await mesh.register(PORTAL));
    world.tls.set(WELFARE, await mesh.register(WELFARE, {}, ALL_RIGHTS_BUT_PORTAL));
    for (const issuer of [ISSUER, OTHER_ISSUER])
      world.providers.set(issuer, await SignInStandIn.register(mesh, issuer));
    return world;
  }

  /** What a sign-in provider says of a citizen; good unless told otherwise. */
  token(
    ssin: string,
    {
      signedBy = ISSUER,
      through = PORTAL,
      claims = {},
      header = {},
    }: {
      /** Whose key signs it. */
      readonly signedBy?: string;
      /** The institution whose application shows it. */
      readonly through?: string;
    } & Pick<TestToken, 'claims' | 'header'> = {},
  ): Promise<string> {
    const provider = this.providers.get(signedBy);
    if (!provider) throw new Error('no such provider');
    const portal = { enterpriseNumber: through, tls: this.certificate(through) };
    return provider.token({ ssin, service: 'access-audit', portal, claims, header });
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
