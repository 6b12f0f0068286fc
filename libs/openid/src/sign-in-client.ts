import { createRemoteJWKSet, customFetch as jwksFetch, jwtVerify, type JWTVerifyGetKey } from 'jose';
import * as openid from 'openid-client';
import { type ClientCertificate, type Fetch, mutualTlsFetch } from './mutual-tls-fetch.js';
import { SignInFailed } from './sign-in-failed.js';

const TIMEOUT_S = 5;
/** Of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4). */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LOGOUT_AGE_S = 120;

export interface SignInClientOptions {
  /** Of the provider, where its discovery document is. `http:` only on this machine. */
  readonly issuer: string;
  readonly clientId: string;
  /** Where the provider sends the browser afterwards. */
  readonly redirectUri: string;
  /** The level of assurance that is asked for, and required. */
  readonly acr: string;
  /** How long ago the person may have authenticated, in seconds. */
  readonly maxAgeS: number;
  /** Of the services for which tokens will be asked. */
  readonly audiences: readonly string[];
  /** The front end's certificate, by which the provider knows it and to which it binds tokens (RFC 8705). */
  readonly tls: ClientCertificate;
}

/** What the browser that begins has to show again when it comes back: kept by the front end, shown to nobody. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface SignedIn {
  /** The provider's pseudonym of the person. */
  readonly subject: string;
  /** The session at the provider; absent where it names none. */
  readonly sid: string | undefined;
  /** For a greeting; empty where the provider says none. */
  readonly name: string;
  readonly authTime: Date;
  /** A hint for the logout. */
  readonly idToken: string;
  readonly refreshToken: string;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
  /** In place of the one that was used. */
  readonly refreshToken: string;
}

/** Whose sessions a back-channel logout ends: of one session at the provider, or all of a person. */
export interface EndedAtProvider {
  /** Identifies the logout token, which counts once. */
  readonly jti: string;
  readonly subject: string | undefined;
  readonly sid: string | undefined;
}

/**
 * The front end's side of OpenID Connect: authorization code with PKCE, pushed authorization requests (RFC 9126), tokens for one service
 * each (RFC 8707) that are bound to the front end's certificate. The provider is asked for its discovery document at the first use, so that
 * a front end starts without it.
 */
export class SignInClient {
  private readonly fetch: Fetch;
  private discovered: Promise<openid.Configuration> | undefined;
  /** Kept, so that forged logout tokens do not make it ask the provider for its keys each time. */
  private logoutKeys: JWTVerifyGetKey | undefined;

  constructor(private readonly options: SignInClientOptions) {
    this.fetch = mutualTlsFetch(options.tls);
  }

  /** @param language of the provider's pages @throws SignInFailed `PROVIDER_AWAY` */
  async begin(language: string): Promise<{ readonly url: URL; readonly pending: PendingSignIn }> {
    const { redirectUri, acr, maxAgeS, audiences } = this.options;
    const pending: PendingSignIn = {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      codeVerifier: openid.randomPKCECodeVerifier(),
    };
    const configuration = await this.configuration();
    if (configuration.serverMetadata().pushed_authorization_request_endpoint === undefined)
      throw new SignInFailed('PROVIDER_AWAY', 'the provider takes no pushed authorization requests (RFC 9126)');
    const url = await answered(
      openid.buildAuthorizationUrlWithPAR(
        configuration,
        new URLSearchParams([
          ['redirect_uri', redirectUri],
          ['scope', 'openid profile'],
          ['state', pending.state],
          ['nonce', pending.nonce],
          ['code_challenge', await openid.calculatePKCECodeChallenge(pending.codeVerifier)],
          ['code_challenge_method', 'S256'],
          ['acr_values', acr],
          ['max_age', String(maxAgeS)],
          ['ui_locales', language],
          ...audiences.map((audience): [string, string] => ['resource', audience]),
        ]),
      ),
      'PROVIDER_AWAY',
    );
    return { url, pending };
  }

  /**
   * @param query of the request to the redirect URI: `code=…&state=…`
   * @throws SignInFailed
   */
  async complete(query: string, pending: PendingSignIn): Promise<SignedIn> {
    const { redirectUri, acr, maxAgeS } = this.options;
    const configuration = await this.configuration();
    const tokens = await answered(
      openid.authorizationCodeGrant(configuration, new URL(`${redirectUri}?${query}`), {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
        maxAge: maxAgeS,
      }),
      'NOT_OURS',
    );
    const claims = tokens.claims();
    const { id_token: idToken, refresh_token: refreshToken } = tokens;
    if (!claims || idToken === undefined || refreshToken === undefined || typeof claims.auth_time !== 'number')
      throw new SignInFailed('PROVIDER_AWAY', 'the provider answers without an ID token, a refresh token or auth_time');
    if (claims['acr'] !== acr) throw new SignInFailed('TOO_WEAK', `acr must be ${acr}`);
    const { sid, name } = claims;
    return {
      subject: claims.sub,
      sid: typeof sid === 'string' ? sid : undefined,
      name: typeof name === 'string' ? name : '',
      authTime: new Date(claims.auth_time * 1_000),
      idToken,
      refreshToken,
    };
  }

  /** A token for one service. The refresh token is used up. @param audience of the service (RFC 8707) @throws SignInFailed `ENDED`, `PROVIDER_AWAY` */
  async accessToken(refreshToken: string, audience: string): Promise<AccessToken> {
    const configuration = await this.configuration();
    const tokens = await answered(
      openid.refreshTokenGrant(configuration, refreshToken, { resource: audience }),
      'ENDED',
    );
    return {
      token: tokens.access_token,
      expiresAt: new Date(Date.now() + (tokens.expiresIn() ?? 0) * 1_000),
      refreshToken: tokens.refresh_token ?? refreshToken,
    };
  }

  /** Ends what the token can renew. @throws SignInFailed `PROVIDER_AWAY` */
  async revoke(refreshToken: string): Promise<void> {
    await answered(openid.tokenRevocation(await this.configuration(), refreshToken), 'PROVIDER_AWAY');
  }

  /** Where the browser goes to sign out at the provider, too (RP-Initiated Logout 1.0). @throws SignInFailed `PROVIDER_AWAY` */
  async endSessionUrl(idToken: string, backTo: string): Promise<URL> {
    return openid.buildEndSessionUrl(await this.configuration(), {
      id_token_hint: idToken,
      post_logout_redirect_uri: backTo,
    });
  }

  /** Verifies a logout token (Back-Channel Logout 1.0, 2.6). @throws SignInFailed `NOT_OURS`, `PROVIDER_AWAY` */
  async endedBy(logoutToken: string): Promise<EndedAtProvider> {
    const { issuer, clientId } = this.options;
    const { jwks_uri: keys } = (await this.configuration()).serverMetadata();
    if (keys === undefined) throw new SignInFailed('PROVIDER_AWAY', 'the provider names no keys');
    this.logoutKeys ??= createRemoteJWKSet(new URL(keys), { [jwksFetch]: this.fetch });
    const { payload } = await answered(
      jwtVerify(logoutToken, this.logoutKeys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ['ES256', 'EdDSA', 'PS256', 'RS256'],
        maxTokenAge: LOGOUT_AGE_S,
        requiredClaims: ['jti', 'events'],
      }),
      'NOT_OURS',
    );
    const { sub, sid, jti = '', events, nonce } = payload;
    const isLogout = typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT);
    if (!isLogout || nonce !== undefined || (typeof sid !== 'string' && sub === undefined))
      throw new SignInFailed('NOT_OURS', 'this is no logout token');
    return { jti, subject: sub, sid: typeof sid === 'string' ? sid : undefined };
  }

  private configuration(): Promise<openid.Configuration> {
    this.discovered ??= this.discover().catch((error: unknown) => {
      // The next use asks again.
      this.discovered = undefined;
      throw error;
    });
    return this.discovered;
  }

  private async discover(): Promise<openid.Configuration> {
    const { issuer, clientId } = this.options;
    const url = new URL(issuer);
    const isHere = url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    return answered(
      openid.discovery(url, clientId, { use_mtls_endpoint_aliases: true }, openid.TlsClientAuth(), {
        timeout: TIMEOUT_S,
        [openid.customFetch]: this.fetch,
        execute: [openid.enableNonRepudiationChecks, ...(isHere ? [openid.allowInsecureRequests] : [])],
      }),
      'PROVIDER_AWAY',
    );
  }
}

/** What the provider answers, or why not. @param refused what it means that the provider, or a check of its answer, refuses */
const answered = async <Answer>(
  answer: Promise<Answer>,
  refused: 'PROVIDER_AWAY' | 'FRONT_END_REFUSED' | 'NOT_OURS' | 'ENDED',
) => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SignInFailed) throw error;
    if (error instanceof openid.AuthorizationResponseError)
      throw new SignInFailed('REFUSED', `the provider says ${error.error}`, { cause: error });
    const code = error instanceof openid.ResponseBodyError && error.status < 500 ? error.error : undefined;
    if (code === 'invalid_client' || error instanceof openid.WWWAuthenticateChallengeError)
      throw new SignInFailed('FRONT_END_REFUSED', 'the provider does not take the certificate', { cause: error });
    // 4xx with an OAuth error: the provider is there, and does not take what it was shown.
    if (code !== undefined) throw new SignInFailed(refused, `the provider says ${code}`, { cause: error });
    if (isCheckOfAnswer(error)) throw new SignInFailed(refused, 'the answer was refused', { cause: error });
    throw new SignInFailed('PROVIDER_AWAY', 'the provider does not answer', { cause: error });
  }
};

/** Codes of openid-client and of jose for an answer that came and is not right. */
const CHECKS =
  /^(OAUTH_(INVALID_RESPONSE|JWT_|KEY_SELECTION|MISSING|JSON_ATTRIBUTE|UNSUPPORTED|PARSE)|ERR_(JWT|JWS|JWKS_NO|JOSE))/;

const isCheckOfAnswer = (error: unknown): boolean => {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && CHECKS.test(code);
};
