import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { ACR_HIGH } from '@crossroads/client';
import {
  accessAudit,
  clientIdOf,
  ebox,
  personRegistry,
  referenceDirectory,
  tokenAudienceOf,
} from '@crossroads/topology';
import type { JWK } from 'jose';
import { type Client, type ClientMetadata, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import { logoutPage, messagePage } from './pages.js';
import { languageOf } from './texts.js';
import type { SessionStore } from './session-store.js';

/** A front end that signs people in. */
export interface SignInClient {
  readonly enterpriseNumber: string;
  readonly application: string;
  /** The SPIFFE id in its certificate: a renewed certificate has the same. */
  readonly spiffeId: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backChannelLogoutUri: string;
}

/** How long things last, in seconds. */
export interface SignInTimes {
  /** At most five minutes: services refuse more. */
  readonly accessToken: number;
  /** From signing in: services take no token of somebody who signed in longer ago. A session and its refresh tokens end then. */
  readonly session: number;
}

export const SIGN_IN_KID = 'sign-in';

const AUDIENCES: ReadonlySet<string> = new Set(
  [accessAudit, ebox, personRegistry, referenceDirectory].map(({ name }) => tokenAudienceOf(name)),
);

interface ConfigurationOptions {
  readonly clients: readonly SignInClient[];
  /** The private key, as a JWK. */
  readonly key: JWK;
  readonly accounts: Accounts;
  readonly store: SessionStore;
  readonly times: SignInTimes;
  readonly cookieSecret: string;
  /** The HTTPS address of the endpoints that ask for a certificate. */
  readonly mtls: string;
}

export const providerConfiguration = ({
  clients,
  key,
  accounts,
  store,
  times,
  cookieSecret,
  mtls,
}: ConfigurationOptions): Configuration => ({
  adapter: (model: string) => store.adapter(model),
  jwks: { keys: [{ ...key, kid: SIGN_IN_KID, use: 'sig', alg: 'ES256' }] },
  clients: clients.map(metadataOf),
  clientAuthMethods: ['tls_client_auth'],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  subjectTypes: ['pairwise'],
  // Its host names the sector of a client that has redirect URIs with several ports. Nobody serves it.
  sectorIdentifierUriValidate: () => false,
  pairwiseIdentifier: (_ctx, accountId, client) => accounts.pseudonym(accountId, sectorOf(client)),
  responseTypes: ['code'],
  scopes: ['openid', 'profile'],
  claims: { openid: ['sub', 'acr', 'auth_time'], profile: ['name'] },
  acrValues: [ACR_HIGH],
  pkce: { required: () => true },
  allowOmittingSingleRegisteredRedirectUri: false,
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => true,
  routes: ROUTES,
  discovery: {
    mtls_endpoint_aliases: {
      token_endpoint: mtls + ROUTES.token,
      pushed_authorization_request_endpoint: mtls + ROUTES.pushed_authorization_request,
      revocation_endpoint: mtls + ROUTES.revocation,
      introspection_endpoint: mtls + ROUTES.introspection,
    },
  },
  cookies: {
    keys: [cookieSecret],
    names: { session: 'sign-in-session', interaction: 'sign-in-choice', resume: 'sign-in-resume' },
    // Of another host of the same machine's ports nothing is asked, but a link from elsewhere leads here.
    long: { httpOnly: true, sameSite: 'lax', signed: true },
    short: { httpOnly: true, sameSite: 'lax', signed: true },
  },
  ttl: {
    AccessToken: times.accessToken,
    AuthorizationCode: 60,
    IdToken: times.accessToken,
    Interaction: 3_600,
    PushedAuthorizationRequest: 60,
    Grant: times.session,
    Session: (_ctx, session) => left(session.loginTs, times.session),
    RefreshToken: (_ctx, token) => left(token.authTime, times.session),
  },
  interactions: { url: (_ctx, interaction) => `/choice/${interaction.uid}` },
  findAccount: async (_ctx, id) => {
    const account = accounts.find(id);
    if (account === undefined) return undefined;
    return {
      accountId: id,
      claims: async (use) => ({ sub: id, ...(use === 'id_token' ? { name: await accounts.nameOf(account) } : {}) }),
    };
  },
  loadExistingGrant: grantOf,
  extraTokenClaims: async (ctx, token) => {
    const { AuthorizationCode: code, RefreshToken: refreshed } = ctx.oidc.entities;
    const { authTime, acr } = refreshed ?? code ?? {};
    const account = 'accountId' in token && accounts.find(token.accountId);
    if (!account) return undefined;
    const { ssin, enterpriseRoles } = account;
    return {
      auth_time: authTime,
      acr,
      ssin,
      ...(enterpriseRoles === undefined ? {} : { enterprise_roles: enterpriseRoles }),
    };
  },
  renderError: (ctx, { error, error_description: description }) => {
    ctx.type = 'html';
    ctx.body = messagePage(
      languageOf(undefined, ctx.get('accept-language')),
      'failed',
      `${error}: ${description ?? ''}`,
    );
  },
  features: {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        ctx.body = logoutPage(languageOf(undefined, ctx.get('accept-language')), form);
      },
      postLogoutSuccessSource: async (ctx) => {
        ctx.body = messagePage(languageOf(undefined, ctx.get('accept-language')), 'signedOut');
      },
    },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    resourceIndicators: {
      enabled: true,
      // Without a resource, the first of those that were asked for.
      defaultResource: async (_ctx, _client, oneOf) => oneOf?.[0],
      getResourceServerInfo: async (_ctx, resource) => {
        if (!AUDIENCES.has(resource)) throw new errors.InvalidTarget();
        return {
          scope: '',
          audience: resource,
          accessTokenTTL: times.accessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256', kid: SIGN_IN_KID } },
        };
      },
    },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      getCertificate: (ctx) => peerCertificate(ctx.req),
      certificateAuthorized: (ctx) => ctx.req.socket instanceof TLSSocket && ctx.req.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === 'tls_client_auth_san_uri' &&
        (peerCertificate(ctx.req)?.subjectAltName ?? '').split(', ').includes(`URI:${expected}`),
    },
  },
  // The default refuses addresses of this machine, and the clients are there.
  fetch: (url, options = {}) => fetch(url, withoutDispatcher(options)),
});

const withoutDispatcher = (options: object): RequestInit =>
  Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'dispatcher'));

const ROUTES = {
  token: '/token',
  pushed_authorization_request: '/request',
  revocation: '/token/revocation',
  introspection: '/token/introspection',
} as const;

const metadataOf = (client: SignInClient): ClientMetadata => ({
  client_id: clientIdOf(client),
  client_name: client.application,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  subject_type: 'pairwise',
  sector_identifier_uri: `https://${client.application}.sign-in.invalid`,
  scope: 'openid profile',
  redirect_uris: [...client.redirectUris],
  post_logout_redirect_uris: [...client.postLogoutRedirectUris],
  backchannel_logout_uri: client.backChannelLogoutUri,
  backchannel_logout_session_required: true,
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_san_uri: client.spiffeId,
  tls_client_certificate_bound_access_tokens: true,
  require_pushed_authorization_requests: true,
  require_auth_time: true,
  default_acr_values: [ACR_HIGH],
});

/** Nobody is asked for consent: the front ends show people what is theirs. */
const grantOf = async ({ oidc }: KoaContextWithOIDC) => {
  const { provider, session, client } = oidc;
  if (!session?.accountId || !client) return undefined;
  const known = session.grantIdFor(client.clientId);
  const existing = known === undefined ? undefined : await provider.Grant.find(known);
  if (existing) return existing;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid profile');
  await grant.save();
  return grant;
};

/** The clients of one host know a person by the same pseudonym. */
const sectorOf = ({ sectorIdentifier, clientId }: Client): string =>
  typeof sectorIdentifier === 'string' ? sectorIdentifier : clientId;

const peerCertificate = ({ socket }: IncomingMessage): X509Certificate | undefined =>
  socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;

/** Seconds that remain of a session that began with signing in. */
const left = (signedIn = Math.floor(Date.now() / 1_000), session: number): number =>
  Math.max(1, signedIn + session - Math.floor(Date.now() / 1_000));
