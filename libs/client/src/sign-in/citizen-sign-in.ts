import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import type { TlsFiles } from '@crossroads/grpc';
import {
  type accessAudit,
  clientIdOf,
  type ebox,
  type personRegistry,
  type referenceDirectory,
  tokenAudienceOf,
} from '@crossroads/topology';
import * as openid from 'openid-client';
import { certificateFetch } from './certificate-fetch.js';

/** A service that citizens call. */
export type CitizenService =
  | typeof accessAudit.name
  | typeof ebox.name
  | typeof personRegistry.name
  | typeof referenceDirectory.name;

export interface FrontEnd {
  /** The `iss` of the provider; `http:` only on this machine. */
  readonly issuer: string;
  /** The certificate of the front end, to which each token is bound. `ca`: whose certificate the provider shows. */
  readonly tls: TlsFiles;
  /** Where the provider sends the browser back. */
  readonly redirectUri: string;
}

export interface SignInRequest {
  /** What tokens may be asked for. */
  readonly services: readonly [CitizenService, ...CitizenService[]];
  /** Languages of the reader, the preferred first. */
  readonly languages?: readonly string[];
  /** Seconds since the person signed in, at most; 0 asks them again. */
  readonly maxAge?: number;
}

/** What a front end remembers until the browser comes back. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** An access token of a service, and with what to ask for the next one. */
export interface SignedIn {
  readonly accessToken: string;
  /** Each is used once. */
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly claims: openid.IDToken | undefined;
}

/**
 * Signs citizens in at an OpenID provider, for a front end with a certificate: authorization code, PAR, PKCE, and tokens that work only
 * with that certificate (RFC 8705), one for each service (RFC 8707).
 */
export class CitizenSignIn {
  private constructor(
    private readonly provider: openid.Configuration,
    private readonly redirectUri: string,
  ) {}

  /** Reads what the provider publishes about itself. @throws an error of `openid-client` when the provider does not answer */
  static async discover({ issuer, tls, redirectUri }: FrontEnd): Promise<CitizenSignIn> {
    const server = new URL(issuer);
    const clientId = clientIdOf(applicationOf(new X509Certificate(readFileSync(tls.cert))));
    const provider = await openid.discovery(
      server,
      clientId,
      { use_mtls_endpoint_aliases: true, tls_client_certificate_bound_access_tokens: true },
      openid.TlsClientAuth(),
      {
        [openid.customFetch]: certificateFetch(tls),
        execute: isThisMachine(server) ? [openid.allowInsecureRequests] : [],
      },
    );
    return new CitizenSignIn(provider, redirectUri);
  }

  /** Where to send the browser, and what to remember of it. */
  async begin({ services, languages = [], maxAge }: SignInRequest): Promise<{ url: URL; pending: PendingSignIn }> {
    const pending = {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      codeVerifier: openid.randomPKCECodeVerifier(),
    };
    const url = await openid.buildAuthorizationUrlWithPAR(
      this.provider,
      new URLSearchParams([
        ['redirect_uri', this.redirectUri],
        ['scope', 'openid profile'],
        ['state', pending.state],
        ['nonce', pending.nonce],
        ['code_challenge', await openid.calculatePKCECodeChallenge(pending.codeVerifier)],
        ['code_challenge_method', 'S256'],
        ...services.map((service): [string, string] => ['resource', tokenAudienceOf(service)]),
        ...(languages.length === 0 ? [] : [['ui_locales', languages.join(' ')] as [string, string]]),
        ...(maxAge === undefined ? [] : [['max_age', String(maxAge)] as [string, string]]),
      ]),
    );
    return { url, pending };
  }

  /** `callback`: the address at which the browser came back. Resolves to a token for the service. */
  async finish(callback: URL, pending: PendingSignIn, service: CitizenService): Promise<SignedIn> {
    const { state: expectedState, nonce: expectedNonce, codeVerifier: pkceCodeVerifier } = pending;
    return signedIn(
      await openid.authorizationCodeGrant(
        this.provider,
        callback,
        { expectedState, expectedNonce, pkceCodeVerifier, idTokenExpected: true },
        { resource: tokenAudienceOf(service) },
      ),
    );
  }

  /** Another token for a service, which may be another one. */
  async renew(refreshToken: string, service: CitizenService): Promise<SignedIn> {
    const resource = tokenAudienceOf(service);
    return signedIn(await openid.refreshTokenGrant(this.provider, refreshToken, { resource }));
  }

  /** Where to send the browser to end the session at the provider, too. */
  signOutUrl(idToken: string, postLogoutRedirectUri: string): URL {
    return openid.buildEndSessionUrl(this.provider, {
      id_token_hint: idToken,
      post_logout_redirect_uri: postLogoutRedirectUri,
    });
  }
}

const signedIn = (answer: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): SignedIn => ({
  accessToken: answer.access_token,
  refreshToken: answer.refresh_token,
  idToken: answer.id_token,
  claims: answer.claims(),
});

const isThisMachine = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** Whom a client certificate names: `CN=<application>`, `O=<enterprise number>`. */
const applicationOf = ({ subject }: X509Certificate): { enterpriseNumber: string; application: string } => {
  const [, enterpriseNumber] = /^O=(\d{10})$/m.exec(subject) ?? [];
  const [, application] = /^CN=(.+)$/m.exec(subject) ?? [];
  if (enterpriseNumber === undefined || application === undefined)
    throw new TypeError('a front end signs people in with the certificate of an application of an institution');
  return { enterpriseNumber, application };
};
