import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { TlsFiles } from '@crossroads/grpc';
import { clientIdOf, type ServiceName, tokenAudienceOf } from '@crossroads/topology';
import { exportJWK, SignJWT } from 'jose';
import { certificateHash, type TestMesh } from './test-mesh.js';

const KID = 'k1';
const ACR = 'http://eidas.europa.eu/LoA/high';
const APPLICATION = 'desk';

/** Who shows a token, and over which certificate. */
interface TestPortal {
  readonly enterpriseNumber: string;
  readonly tls: TlsFiles;
}

export interface TestToken {
  readonly ssin: string;
  /** The service that it is for. */
  readonly service: ServiceName;
  readonly portal: TestPortal;
  readonly now?: Date;
  /** Instead of the claims of a good token; `undefined` leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Instead of the header of a good token. */
  readonly header?: Readonly<Record<string, string>>;
}

/** A sign-in provider that the policy of a mesh knows. */
export class SignInStandIn {
  private constructor(
    readonly issuer: string,
    private readonly key: KeyObject,
  ) {}

  static async register({ policy }: Pick<TestMesh, 'policy'>, issuer = 'https://sign-in.test'): Promise<SignInStandIn> {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const value = {
      issuer,
      keys: [{ kid: KID, jwk: { ...(await exportJWK(publicKey)) } }],
      acceptedAcr: [ACR],
    };
    policy.put({ $case: 'signInProvider', value });
    return new SignInStandIn(issuer, privateKey);
  }

  /** Another one each time. */
  token({ ssin, service, portal, now = new Date(), claims = {}, header = {} }: TestToken): Promise<string> {
    const seconds = Math.floor(now.getTime() / 1_000);
    return new SignJWT({
      iss: this.issuer,
      aud: tokenAudienceOf(service),
      sub: randomUUID(),
      client_id: clientIdOf({ ...portal, application: APPLICATION }),
      jti: randomUUID(),
      iat: seconds,
      auth_time: seconds,
      exp: seconds + 240,
      acr: ACR,
      cnf: { 'x5t#S256': certificateHash(portal.tls) },
      ssin,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: KID, ...header })
      .sign(this.key);
  }
}
