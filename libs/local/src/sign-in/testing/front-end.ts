import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { json } from 'node:stream/consumers';
import { clientIdOf } from '@crossroads/topology';
import type { IdentityFiles } from '../../certificates.js';
import type { SignInClient } from '../provider-configuration.js';
import { Browser } from './browser.js';

/** What an endpoint of the provider answers. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

export interface Endpoints {
  readonly issuer: string;
  readonly pushed: string;
  readonly token: string;
}

/** A front end that speaks the protocol by hand, so that it can break it. */
export class FrontEnd {
  constructor(
    readonly endpoints: Endpoints,
    readonly client: SignInClient,
    readonly identity: IdentityFiles,
  ) {}

  get clientId(): string {
    return clientIdOf(this.client);
  }

  get redirectUri(): string {
    return this.client.redirectUris[0] ?? '';
  }

  /** Pushes a request for these resources. `changes`: other parameters; undefined leaves one out. */
  async push(
    resources: readonly string[],
    changes: Readonly<Record<string, string | undefined>> = {},
    as: IdentityFiles = this.identity,
  ): Promise<{ readonly answer: Answer; readonly verifier: string; readonly url: URL }> {
    const verifier = randomBytes(32).toString('base64url');
    const answer = await this.post(
      this.endpoints.pushed,
      [...this.parameters(verifier, changes), ...asked(resources)],
      as,
    );
    const url = new URL('/auth', this.endpoints.issuer);
    url.search = new URLSearchParams({
      client_id: this.clientId,
      request_uri: answer.body['request_uri'] ?? '',
    }).toString();
    return { answer, verifier, url };
  }

  parameters(verifier: string, changes: Readonly<Record<string, string | undefined>> = {}): [string, string][] {
    const parameters: Readonly<Record<string, string | undefined>> = {
      client_id: this.clientId,
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope: 'openid profile',
      state: 'state',
      nonce: 'nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    return Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  }

  /** Somebody signs in in a browser. Resolves to the code, and to what it is redeemed with. */
  async code(
    resources: readonly string[],
    choice: Readonly<Record<string, string>>,
    browser = new Browser(this.endpoints.issuer),
  ): Promise<{ readonly code: string; readonly verifier: string }> {
    const { url, verifier } = await this.push(resources);
    const page = await browser.follow(await browser.open(url), url);
    const { url: callback } = await browser.follow(await browser.open(page.url, choice), page.url);
    return { code: callback.searchParams.get('code') ?? '', verifier };
  }

  redeem(
    { code, verifier }: { readonly code: string; readonly verifier: string },
    resource: string,
    as: IdentityFiles = this.identity,
    changes: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: this.redirectUri };
    return this.post(
      this.endpoints.token,
      Object.entries({ client_id: this.clientId, ...form, resource, ...changes }),
      as,
    );
  }

  refresh(token: string, resource: string, as: IdentityFiles = this.identity): Promise<Answer> {
    const form = { client_id: this.clientId, grant_type: 'refresh_token', refresh_token: token, resource };
    return this.post(this.endpoints.token, Object.entries(form), as);
  }

  /** Somebody signs in, and the front end has their tokens. */
  async signIn(
    resources: readonly [string, ...string[]],
    choice: Readonly<Record<string, string>>,
    browser?: Browser,
  ): Promise<Readonly<Record<string, string>>> {
    return (await this.redeem(await this.code(resources, choice, browser), resources[0])).body;
  }

  private post(url: string, form: [string, string][], { certificate, key, ca }: IdentityFiles): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        url,
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          agent: false,
          cert: readFileSync(certificate),
          key: readFileSync(key),
          ca: readFileSync(ca),
        },
        (response) =>
          void json(response).then(
            (body) => resolve({ status: response.statusCode ?? 0, body: body as Answer['body'] }),
            reject,
          ),
      );
      request.once('error', reject);
      request.end(new URLSearchParams(form).toString());
    });
  }
}

const asked = (resources: readonly string[]): [string, string][] =>
  resources.map((resource): [string, string] => ['resource', resource]);
