import { createHash, createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { exportJWK } from 'jose';
import { Provider } from 'oidc-provider';
import type { IdentityFiles } from '../certificates.js';
import { LocalFailure } from '../failure.js';
import { Accounts, type SignInPerson } from './accounts.js';
import { CHOICE, Choice } from './choice.js';
import { STYLE_HASH } from './pages.js';
import { providerConfiguration, type SignInClient, type SignInTimes } from './provider-configuration.js';
import { SessionStore } from './session-store.js';

export interface SignInProviderOptions {
  /** Plain HTTP on this machine: what a browser sees. The issuer is `http://localhost:<port>`. */
  readonly port: number;
  /** HTTPS that asks for the certificate of the front end. */
  readonly mtlsPort: number;
  /** PEM of the private key of its tokens, ES256. */
  readonly privatePem: string;
  /** Its certificate, and the authority of certificates of front ends. */
  readonly identity: Pick<IdentityFiles, 'certificate' | 'key'>;
  readonly clientsCa: string;
  readonly clients: readonly SignInClient[];
  /** Whom the page offers. Other numbers are typed. */
  readonly people: Promise<readonly SignInPerson[]>;
  readonly times?: Partial<SignInTimes>;
  readonly mode?: string | undefined;
  readonly report?: (line: string) => void;
}

export interface SignInProvider {
  readonly issuer: string;
  stop(): Promise<void>;
}

/** Services refuse longer ones (`libs/sign-in`). */
const TIMES: SignInTimes = { accessToken: 300, session: 900 };

export const issuerOf = (port: number): string => `http://localhost:${port}`;

/**
 * An OpenID provider that lets anybody sign in as anybody, for one machine.
 * @throws LocalFailure in production, which has a provider of its own
 */
export const startSignInProvider = async (options: SignInProviderOptions): Promise<SignInProvider> => {
  const { port, mtlsPort, privatePem, identity, clientsCa, clients, people, report = () => {} } = options;
  if (options.mode === 'production')
    throw new LocalFailure(
      'This sign-in provider lets anybody sign in as anybody: it does not start with CROSSROADS_MODE=production. Register the provider of your institution.',
    );
  const issuer = issuerOf(port);
  const secret = createHash('sha256').update(`pseudonyms\n${privatePem}`).digest('base64url');
  const accounts = new Accounts(secret, people);
  const provider = new Provider(
    issuer,
    providerConfiguration({
      clients,
      key: await exportJWK(createPrivateKey(privatePem)),
      accounts,
      store: new SessionStore(),
      times: { ...TIMES, ...options.times },
      cookieSecret: randomBytes(32).toString('base64url'),
      mtls: `https://localhost:${mtlsPort}`,
    }),
  );
  provider.on('server_error', (_ctx, error) => report(`server error: ${error.stack ?? error.message}`));
  provider.on('backchannel.error', (_ctx, error) => report(`back-channel logout failed: ${error.message}`));
  const choice = new Choice(provider, accounts, people);
  const answer = provider.callback();
  const policy = contentPolicy(clients);
  const browser = createServer((request, response) => {
    setHeaders(response, policy);
    if (request.url?.startsWith(CHOICE)) void choose(choice, request, response, report);
    else void answer(request, response);
  });
  const frontEnds = createTlsServer(
    {
      key: readFileSync(identity.key),
      cert: readFileSync(identity.certificate),
      ca: readFileSync(clientsCa),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (request, response) => void answer(request, response),
  );
  const servers = [browser, frontEnds];
  await Promise.all([listen(browser, port), listen(frontEnds, mtlsPort)]);
  return { issuer, stop: async () => void (await Promise.all(servers.map(close))) };
};

const choose = async (
  choice: Choice,
  request: IncomingMessage,
  response: ServerResponse,
  report: (line: string) => void,
): Promise<void> => {
  try {
    await choice.handle(request, response);
  } catch (error) {
    report(`server error: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
};

/** A form may end at a front end: browsers hold redirects after a form against `form-action`, too. */
const contentPolicy = (clients: readonly SignInClient[]): string => {
  const origins = new Set(
    clients.flatMap(({ redirectUris, postLogoutRedirectUris }) =>
      [...redirectUris, ...postLogoutRedirectUris].map((uri) => new URL(uri).origin),
    ),
  );
  return [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    // The provider adds the hash of a script that submits a form.
    'script-src',
    `form-action 'self' ${[...origins].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
};

const setHeaders = (response: ServerResponse, policy: string): void => {
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
