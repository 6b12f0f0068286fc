import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { ACR_HIGH, ChoiceRefused, demoSignIn } from '@crossroads/client';
import { certificateHashOf, GrpcFailure } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { ApplicationRights } from '@crossroads/policy';
import { citizenOf } from '@crossroads/sign-in';
import { accessAudit, ebox, personRegistry, referenceDirectory, tokenAudienceOf } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, exportJWK, jwtVerify } from 'jose';
import type { IdentityFiles } from '../certificates.js';
import { freePort } from '../ports.js';
import { startSignInProvider } from './sign-in-provider.js';
import { Browser } from './testing/browser.js';
import type { FrontEnd } from './testing/front-end.js';
import { RunningProvider } from './testing/running-provider.js';

const [AUDIT, EBOX, REGISTRY, DIRECTORY] = [accessAudit, ebox, personRegistry, referenceDirectory].map(({ name }) =>
  tokenAudienceOf(name),
) as [string, string, string, string];

const claimsOf = (token: string | undefined) => decodeJwt(token ?? '');

describe('the sign-in provider of one machine', () => {
  let running: RunningProvider;
  let portal: FrontEnd;
  let bank: FrontEnd;
  /** Logout tokens that the portal received. */
  const loggedOut: string[] = [];
  const backChannel = createServer((request, response) => {
    void text(request).then((body) => {
      loggedOut.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });

  beforeAll(async () => {
    const port = await freePort();
    await new Promise<void>((resolve) => void backChannel.listen(port, '127.0.0.1', resolve));
    running = await RunningProvider.start(port);
    ({ portal, bank } = running);
  });
  afterAll(async () => {
    backChannel.close();
    await running?.stop();
  });

  const person = (index: number) => {
    const found = running.people[index];
    if (!found) throw new Error(`the demo has fewer than ${index + 1} people`);
    return found;
  };
  const choice = (index: number) => ({ ssin: person(index).ssin });

  /** What a service makes of a token that the front end shows with a certificate. */
  const asService = async (token: string | undefined, audience: string, front = portal, shown = front.identity) => {
    const { issuer } = portal.endpoints;
    const jwk = { ...(await exportJWK(running.publicKey)) };
    const { enterpriseNumber, application } = front.client;
    const certificateHash = certificateHashOf(new X509Certificate(readFileSync(shown.certificate)));
    return citizenOf(`Bearer ${token}`, {
      audience,
      portal: { kind: 'institution', enterpriseNumber, application, spki: 'key', certificateHash },
      policy: {
        signInProvider: (iss) =>
          iss === issuer ? { issuer, keys: [{ kid: 'sign-in', jwk }], acceptedAcr: [ACR_HIGH] } : undefined,
        rightsOf: () => new ApplicationRights([`portal:${issuer}`]),
      },
      mode: 'development',
      today: dayOf(new Date()),
      now: new Date(),
    });
  };
  const refusalOf = async (work: Promise<unknown>) => {
    const error: unknown = await work.catch((thrown: unknown) => thrown);
    return error instanceof GrpcFailure ? error.reason : error;
  };

  it('gives a token that services accept, and one for each of them from then on', async () => {
    const { ssin } = person(0);
    let tokens = await portal.signIn([AUDIT, EBOX, REGISTRY, DIRECTORY], { ssin });
    expect(await asService(tokens['access_token'], AUDIT)).toMatchObject({ ssin, enterpriseRoles: new Map() });
    for (const audience of [EBOX, REGISTRY, DIRECTORY]) {
      tokens = (await portal.refresh(tokens['refresh_token'] ?? '', audience)).body;
      expect(await asService(tokens['access_token'], audience)).toMatchObject({ ssin });
    }
  });

  it('gives a token that no other service accepts, and no other front end can show', async () => {
    const { access_token: token } = await portal.signIn([EBOX], choice(0));
    expect(await refusalOf(asService(token, AUDIT))).toBe('TOKEN_AUDIENCE');
    expect(await refusalOf(asService(token, EBOX, bank))).toBe('TOKEN_NOT_BOUND');
    expect(await refusalOf(asService(token, EBOX, bank, portal.identity))).toBe('TOKEN_CLIENT');
  });

  it('says in which enterprise the person has a role', async () => {
    const { ssin } = person(0);
    const form = { ssin, enterprise: '0999.000.921', role: 'EBOX_READER' };
    const { access_token: token } = await portal.signIn([EBOX], form);
    const { enterpriseRoles } = await asService(token, EBOX);
    expect(enterpriseRoles).toEqual(new Map([['0999000921', expect.anything()]]));
  });

  it('tells the front end a name and a pseudonym, and no number', async () => {
    const { ssin, name } = person(0);
    const first = await portal.signIn([EBOX], { ssin });
    const claims = claimsOf(first['id_token']);
    expect(claims).toMatchObject({ name, acr: ACR_HIGH, nonce: 'nonce', auth_time: expect.any(Number) });
    expect(JSON.stringify(claims)).not.toContain(ssin);
    const again = claimsOf((await portal.signIn([AUDIT], { ssin }))['id_token']);
    expect(again.sub).toBe(claims.sub);
    const atBank = claimsOf((await bank.signIn([EBOX], { ssin }))['id_token']);
    expect(atBank.sub).not.toBe(claims.sub);
  });

  it('signs in who is named by a command, and refuses a number that is none without repeating it', async () => {
    const { certificate: cert, key, ca } = portal.identity;
    const front = { issuer: portal.endpoints.issuer, tls: { cert, key, ca } };
    expect(await asService(await demoSignIn(front, choice(0), ebox.name), EBOX)).toMatchObject(choice(0));
    const refused: unknown = await demoSignIn(front, { ssin: '80610100138' }, ebox.name).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ChoiceRefused);
    expect(String(refused)).not.toContain('80610100138');
  });

  it('takes no request that is not pushed', async () => {
    const url = new URL('/auth', portal.endpoints.issuer);
    url.search = new URLSearchParams(portal.parameters('v'.repeat(43))).toString();
    const browser = new Browser(portal.endpoints.issuer);
    const { url: end } = await browser.follow(await browser.open(url), url);
    expect(end.searchParams.get('error')).toBe('invalid_request');
    expect(end.searchParams.has('code')).toBe(false);
  });

  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['with the redirect URI of another front end', { redirect_uri: 'http://localhost:1/callback' }],
    ['for a token in the address', { response_type: 'token' }],
  ])('takes no request %s', async (_what, changes) => {
    const { answer } = await portal.push([EBOX], changes);
    expect(answer.status).toBe(400);
    expect(answer.body['request_uri']).toBeUndefined();
  });

  it('gives no token for a service that does not exist, or that was not asked for', async () => {
    expect((await portal.push(['urn:crossroads:exchange'])).answer.body['error']).toBe('invalid_target');
    const code = await portal.code([EBOX], choice(0));
    expect((await portal.redeem(code, AUDIT)).body['error']).toBe('invalid_target');
  });

  describe('with the certificate', () => {
    it('of another front end, takes nothing that this one began', async () => {
      expect((await portal.push([EBOX], {}, bank.identity)).answer.body['error']).toBe('invalid_client');
      const code = await portal.code([EBOX], choice(0));
      expect((await portal.redeem(code, EBOX, bank.identity)).body['error']).toBe('invalid_client');
      const asBank = await bank.redeem(code, EBOX, bank.identity, { redirect_uri: portal.redirectUri });
      expect(asBank.body['error']).toBe('invalid_grant');
    });

    it('of another front end, renews nothing', async () => {
      const { refresh_token: token = '' } = await portal.signIn([EBOX], choice(0));
      expect((await portal.refresh(token, EBOX, bank.identity)).body['error']).toBe('invalid_client');
      expect((await bank.refresh(token, EBOX)).body['error']).toBe('invalid_grant');
      expect((await portal.refresh(token, EBOX)).status).toBe(200);
    });

    it('of an unknown authority, does not even connect', async () => {
      await expect(portal.push([EBOX], {}, await running.forged(portal))).rejects.toThrow();
    });

    it('that replaces the front end’s own, goes on, with tokens bound to the new one', async () => {
      const { refresh_token: token = '' } = await portal.signIn([EBOX], choice(0));
      const renewed: IdentityFiles = await running.renewed(portal);
      const { body } = await portal.refresh(token, EBOX, renewed);
      expect(await asService(body['access_token'], EBOX, portal, renewed)).toMatchObject(choice(0));
      expect(await refusalOf(asService(body['access_token'], EBOX))).toBe('TOKEN_NOT_BOUND');
    });

    it('missing, answers nobody', async () => {
      const response = await fetch(new URL('/token', portal.endpoints.issuer), {
        method: 'POST',
        body: new URLSearchParams({ client_id: portal.clientId, grant_type: 'refresh_token', refresh_token: 'x' }),
      });
      expect(await response.json()).toMatchObject({ error: 'invalid_client' });
    });
  });

  it('redeems a code once, with its verifier, and ends what came of it when it comes back', async () => {
    const other = await portal.code([EBOX], choice(0));
    const wrong = { ...other, verifier: 'v'.repeat(43) };
    expect((await portal.redeem(wrong, EBOX)).body['error']).toBe('invalid_grant');
    const code = await portal.code([EBOX], choice(0));
    const { body } = await portal.redeem(code, EBOX);
    expect(body['access_token']).toBeDefined();
    expect((await portal.redeem(code, EBOX)).body['error']).toBe('invalid_grant');
    expect((await portal.refresh(body['refresh_token'] ?? '', EBOX)).body['error']).toBe('invalid_grant');
  });

  it('takes a refresh token once, and ends the sign-in when it comes back', async () => {
    const { refresh_token: first = '' } = await portal.signIn([EBOX], choice(0));
    const { refresh_token: second = '' } = (await portal.refresh(first, EBOX)).body;
    expect((await portal.refresh(first, EBOX)).body['error']).toBe('invalid_grant');
    expect((await portal.refresh(second, EBOX)).body['error']).toBe('invalid_grant');
  });

  it('mixes no two people among 50 who sign in at once', async () => {
    const people = Array.from({ length: 50 }, (_, index) => person(index % running.people.length));
    const signedIn = await Promise.all(
      people.map(async ({ ssin }) => {
        const first = await portal.signIn([EBOX, AUDIT], { ssin });
        const { body } = await portal.refresh(first['refresh_token'] ?? '', AUDIT);
        return [first['access_token'], body['access_token'], first['id_token']].map(claimsOf);
      }),
    );
    signedIn.forEach(([token, renewed, id], index) => {
      const { ssin, name } = person(index % running.people.length);
      expect([token?.['ssin'], renewed?.['ssin'], id?.['name']]).toEqual([ssin, ssin, name]);
    });
    const pseudonyms = new Set(signedIn.map(([token]) => token?.sub));
    expect(pseudonyms.size).toBe(new Set(people.map(({ ssin }) => ssin)).size);
  });

  describe('at the logout', () => {
    const signOut = async (browser: Browser, idToken: string) => {
      const url = new URL('/session/end', portal.endpoints.issuer);
      url.search = new URLSearchParams({
        id_token_hint: idToken,
        post_logout_redirect_uri: portal.client.postLogoutRedirectUris[0] ?? '',
      }).toString();
      const page = await browser.open(url);
      return browser.submit(await page.text(), url, { logout: 'yes' });
    };

    it('ends refresh tokens, tells the front end, and sends the browser back to it', async () => {
      const browser = new Browser(portal.endpoints.issuer);
      const tokens = await portal.signIn([EBOX], choice(1), browser);
      const before = loggedOut.length;
      const { url } = await signOut(browser, tokens['id_token'] ?? '');
      expect(url.href).toBe(portal.client.postLogoutRedirectUris[0]);
      expect((await portal.refresh(tokens['refresh_token'] ?? '', EBOX)).body['error']).toBe('invalid_grant');
      const [token = ''] = loggedOut.slice(before);
      const { payload } = await jwtVerify(
        token,
        createLocalJWKSet({ keys: [{ ...(await exportJWK(running.publicKey)), kid: 'sign-in', kty: 'EC' }] }),
        { issuer: portal.endpoints.issuer, audience: portal.clientId },
      );
      const { sid, sub } = claimsOf(tokens['id_token']);
      expect(payload).toMatchObject({ sid, sub, events: expect.anything() });
      expect(sid).toEqual(expect.any(String));
      expect(JSON.stringify(payload)).not.toContain(person(1).ssin);
    });

    it('of one person, leaves another one signed in', async () => {
      const [one, other] = [new Browser(portal.endpoints.issuer), new Browser(portal.endpoints.issuer)];
      const tokens = await portal.signIn([EBOX], choice(1), one);
      const kept = await portal.signIn([EBOX], choice(2), other);
      await signOut(one, tokens['id_token'] ?? '');
      expect((await portal.refresh(kept['refresh_token'] ?? '', EBOX)).status).toBe(200);
    });
  });

  it('asks nobody twice in a session, unless the front end wants it to', async () => {
    const browser = new Browser(portal.endpoints.issuer);
    await portal.signIn([EBOX], choice(3), browser);
    const open = async (changes: Readonly<Record<string, string>>) => {
      const { url } = await portal.push([EBOX], changes);
      return browser.follow(await browser.open(url), url);
    };
    expect((await open({})).url.href).toMatch(/\/sign-in\/callback\?code=/);
    for (const asksAgain of [{ prompt: 'login' }, { max_age: '0' }])
      expect((await open(asksAgain)).url.pathname).toMatch(/^\/choice\//);
  });

  it('ends the session of a person when another one signs in in the same browser', async () => {
    const browser = new Browser(portal.endpoints.issuer);
    const first = await portal.signIn([EBOX], choice(4), browser);
    const { url, verifier } = await portal.push([EBOX], { prompt: 'login' });
    const page = await browser.follow(await browser.open(url), url);
    const between = await browser.follow(await browser.open(page.url, choice(5)), page.url);
    const { url: callback } = await browser.submit(await between.response.text(), between.url);
    const code = callback.searchParams.get('code') ?? '';
    expect(claimsOf((await portal.redeem({ code, verifier }, EBOX)).body['access_token'])).toMatchObject(choice(5));
    expect((await portal.refresh(first['refresh_token'] ?? '', EBOX)).body['error']).toBe('invalid_grant');
  });

  it('names nobody in an address or a line that it prints', async () => {
    const browser = new Browser(portal.endpoints.issuer);
    const { ssin } = person(6);
    await portal.signIn([EBOX], { ssin }, browser);
    expect(browser.visited.length).toBeGreaterThan(3);
    for (const shown of [...browser.visited, ...running.lines]) expect(shown).not.toContain(ssin);
  });

  describe('on its page', () => {
    const open = async (language = 'en') => {
      const browser = new Browser(portal.endpoints.issuer);
      const { url } = await portal.push([EBOX]);
      const { url: page } = await browser.follow(await browser.open(url), url);
      return { browser, page, response: await browser.open(page, undefined, language) };
    };
    const offered = (html: string) => [...html.matchAll(/name="person" value="(\d{11})"/g)].map(([, ssin]) => ssin);

    it.each([
      ['nl-BE,en;q=0.5', 'nl', 'Dit is een demonstratie'],
      ['fr', 'fr', 'Ceci est une démonstration'],
      ['ja,de;q=0.8', 'de', 'Dies ist eine Vorführung'],
      ['ja', 'en', 'This is a demonstration'],
    ])('speaks the language of the browser (%s)', async (header, language, words) => {
      const html = await (await open(header)).response.text();
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).toContain(words);
    });

    it('offers the people by pages, and finds them by name or number', async () => {
      const { browser, page, response } = await open();
      const first = offered(await response.text());
      expect(first).toHaveLength(20);
      const second = offered(await (await browser.open(page, { page: '2', words: '' })).text());
      expect(second).not.toContain(first[0]);
      const { ssin, name } = person(7);
      const byName = await browser.open(page, { page: '1', words: name.toUpperCase() });
      expect(offered(await byName.text())).toContain(ssin);
      expect(offered(await (await browser.open(page, { page: '1', words: ssin })).text())).toEqual([ssin]);
      expect(offered(await (await browser.open(page, { page: '1', words: 'nobody' })).text())).toEqual([]);
    });

    it('refuses a number that is none, and says so without it', async () => {
      const { browser, page } = await open();
      const response = await browser.open(page, { ssin: '80610100138' });
      expect(response.status).toBe(422);
      const html = await response.text();
      expect(html).toContain('not a valid number');
      expect(html).not.toContain('80610100138');
      expect((await browser.open(page, { ...choice(0), enterprise: '12' })).status).toBe(422);
    });

    it('sends the browser back when somebody cancels', async () => {
      const { browser, page } = await open();
      const { url } = await browser.follow(await browser.open(page, { cancel: 'yes' }), page);
      expect(url.searchParams.get('error')).toBe('access_denied');
    });

    it('opens in no other browser, and runs no script', async () => {
      const { page, response } = await open();
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*script-src; /);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const elsewhere = await new Browser(portal.endpoints.issuer).open(page, choice(0));
      expect(elsewhere.status).toBe(400);
    });
  });
});

describe('a sign-in', () => {
  it('ends at the provider after its time', async () => {
    const running = await RunningProvider.start(await freePort(), { session: 2 });
    try {
      const { portal, people } = running;
      let { refresh_token: token = '' } = await portal.signIn([EBOX], { ssin: people[0]?.ssin ?? '' });
      const until = Date.now() + 30_000;
      for (;;) {
        const { status, body } = await portal.refresh(token, EBOX);
        if (status !== 200) {
          expect(body['error']).toBe('invalid_grant');
          return;
        }
        if (Date.now() > until) throw new Error('the sign-in does not end');
        token = body['refresh_token'] ?? '';
      }
    } finally {
      await running.stop();
    }
  });
});

describe('the provider that lets anybody sign in as anybody', () => {
  it('does not start in production', async () => {
    const start = startSignInProvider({
      port: 1,
      mtlsPort: 1,
      privatePem: '',
      identity: { certificate: '', key: '' },
      clientsCa: '',
      clients: [],
      people: Promise.resolve([]),
      mode: 'production',
    });
    await expect(start).rejects.toThrow('CROSSROADS_MODE=production');
  });
});
