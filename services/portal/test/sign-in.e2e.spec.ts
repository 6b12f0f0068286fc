import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '@crossroads/testing';
import { SignJWT } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import pg from 'pg';
import { RunningPortal } from './running-portal.js';

/** Numbers of nobody: the month is 60 to 72. */
const numbered = (index: number): string => {
  const first = `5861${String(10 + (index % 18))}${String(100 + index).padStart(3, '0')}`;
  return `${first}${String(97 - (Number(first) % 97)).padStart(2, '0')}`;
};
const [AN, BEN] = [numbered(1), numbered(2)];

describe('signing in at the portal', () => {
  let portal: RunningPortal;
  beforeAll(async () => {
    portal = await RunningPortal.start({ env: { LIMIT_PAGES_PER_MINUTE: '100000' } });
  });
  afterAll(() => portal?.mesh.stop());
  afterEach(() => {
    portal.laterMs = 0;
  });

  const sessionCookie = (browser: Browser) => browser.cookiesOf(new URL(portal.url)).get('session');
  const isSignedIn = async (browser: Browser) => (await browser.open(`${portal.url}/en/whose/name`)).status === 200;
  const post = async (browser: Browser, path: string) =>
    browser.open(`${portal.url}${path}`, { csrf: (await portal.whose(browser)).csrf });

  it('leads to the page that was asked for, with a token of that person for each service', async () => {
    const browser = new Browser();
    const { url } = await portal.signIn(browser, AN);
    expect(url.pathname).toBe('/en/whose');
    const { ssin, claims } = await portal.whose(browser);
    expect(ssin).toBe(AN);
    expect(claims).toMatchObject({
      aud: 'urn:crossroads:access-audit',
      iss: portal.issuer,
      cnf: { 'x5t#S256': expect.any(String) },
    });
  });

  it('puts no number and no token into an address', async () => {
    const browser = new Browser();
    await portal.signIn(browser, AN);
    await browser.open(`${portal.url}/en/whose`);
    expect(browser.visited.length).toBeGreaterThan(4);
    for (const address of browser.visited) {
      expect(address).not.toContain(AN);
      // A JWT, and not three letters of a random code.
      expect(address).not.toMatch(/eyJ[\w-]*(\.|%2E)/i);
    }
  });

  it('leaves nothing in the database by which somebody could be named', async () => {
    await portal.signIn(new Browser(), AN);
    const admin = new pg.Client({ connectionString: portal.mesh.database.adminUrl });
    await admin.connect();
    const rows = (await admin.query("select s::text, encode(sealed, 'escape') as sealed from sessions s")).rows
      .map((row) => JSON.stringify(row))
      .join('\n');
    await admin.end();
    expect(rows).toContain('sealed');
    expect(rows).not.toContain(AN);
    expect(rows).not.toContain('refreshToken');
  });

  it('gives a cookie that scripts and other sites do not get, and another one for each sign-in', async () => {
    const browser = new Browser();
    browser.cookiesOf(new URL(portal.url)).set('session', 'A'.repeat(43));
    const callback = await portal.toCallback(browser, AN);
    const cookies = (await browser.open(callback)).headers.getSetCookie();
    expect(cookies.find((one) => one.startsWith('session='))).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    const first = sessionCookie(browser);
    expect(first).not.toBe('A'.repeat(43));
    await portal.signIn(browser, AN);
    expect(sessionCookie(browser)).not.toBe(first);
    // The session before is over: its cookie opens nothing in another browser.
    const other = new Browser();
    other.cookiesOf(new URL(portal.url)).set('session', first ?? '');
    expect(await isSignedIn(other)).toBe(false);
  });

  it('does not take a callback a second time, in another browser, or with another state', async () => {
    const [browser, other] = [new Browser(), new Browser()];
    const callback = await portal.toCallback(browser, AN);
    const inOther = await other.open(callback);
    expect(inOther.status).toBe(400);
    expect(await inOther.text()).toContain('You are not signed in');
    const changed = new URL(callback);
    changed.searchParams.set('state', 'another');
    expect((await browser.open(changed)).status).toBe(400);
    expect((await browser.open(callback)).status).toBe(303);
    expect((await browser.open(callback)).status).toBe(400);
    expect(await isSignedIn(other)).toBe(false);
  });

  it('does not take a sign-in that was begun more than ten minutes ago', async () => {
    const browser = new Browser();
    const callback = await portal.toCallback(browser, AN);
    portal.laterMs = 601_000;
    expect((await browser.open(callback)).status).toBe(400);
  });

  it('lets two tabs sign in at once', async () => {
    const browser = new Browser();
    const [one, other] = [await portal.toCallback(browser, AN), await portal.toCallback(browser, AN)];
    expect((await browser.open(one)).status).toBe(303);
    expect((await browser.open(other)).status).toBe(303);
    expect((await portal.whose(browser)).ssin).toBe(AN);
  });

  it('leads back to pages of the portal only', async () => {
    for (const back of [
      'https://elsewhere.example/',
      '//elsewhere.example',
      '/\\elsewhere.example',
      'whose',
      '/sign-out',
    ]) {
      const browser = new Browser();
      const callback = await portal.toCallback(browser, AN, `/en/sign-in?back=${encodeURIComponent(back)}`);
      expect((await browser.open(callback)).headers.get('location')).toBe('/en/accesses');
    }
  });

  it('says so when somebody breaks off', async () => {
    const browser = new Browser();
    const callback = await portal.toCallback(browser, AN);
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    const answer = await browser.open(callback);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('broken off');
  });

  it('ends after its time, and after a time without a page', async () => {
    const browser = new Browser();
    await portal.signIn(browser, AN);
    portal.laterMs = 500_000;
    expect(await isSignedIn(browser)).toBe(true);
    portal.laterMs = 830_000;
    expect(await isSignedIn(browser)).toBe(true);
    portal.laterMs = 845_000;
    expect(await isSignedIn(browser)).toBe(false);
    portal.laterMs = 0;
    const idle = new Browser();
    await portal.signIn(idle, AN);
    portal.laterMs = 605_000;
    const ended = await idle.open(`${portal.url}/en/whose?x=1`);
    expect(ended.status).toBe(401);
    expect(await ended.text()).toContain('/en/sign-in?back=%2Fwhose%3Fx%3D1');
    const fresh = await new Browser().open(`${portal.url}/en/whose?x=1`);
    expect([fresh.status, fresh.headers.get('location')]).toEqual([303, '/en/sign-in?back=%2Fwhose%3Fx%3D1']);
  });

  it('ends when the person signs out, here and at the provider', async () => {
    const browser = new Browser();
    await portal.signIn(browser, AN);
    const cookie = sessionCookie(browser) ?? '';
    const left = await post(browser, '/en/sign-out');
    expect(left.status).toBe(303);
    expect(left.headers.get('clear-site-data')).toContain('cache');
    expect(left.headers.get('location')).toContain(`${portal.issuer}/`);
    browser.cookiesOf(new URL(portal.url)).set('session', cookie);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('ends in all browsers when the person wants it, and for nobody else', async () => {
    const [one, other, bens] = [new Browser(), new Browser(), new Browser()];
    await portal.signIn(one, AN);
    await portal.signIn(other, AN);
    await portal.signIn(bens, BEN);
    await post(one, '/en/sign-out-everywhere');
    expect([await isSignedIn(one), await isSignedIn(other), await isSignedIn(bens)]).toEqual([false, false, true]);
  });

  it('believes no logout token that the provider has not signed', async () => {
    const browser = new Browser();
    await portal.signIn(browser, AN);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = await new SignJWT({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt', kid: 'sign-in' })
      .setIssuer(portal.issuer)
      .setAudience('0999001119/citizen-portal')
      .setSubject('somebody')
      .setJti('1')
      .setIssuedAt()
      .sign(privateKey);
    for (const token of [forged, 'nonsense', '']) {
      const answer = await new Browser().open(`${portal.url}/sign-in/back-channel-logout`, { logout_token: token });
      expect(answer.status).toBe(400);
    }
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('ends when the person leaves at the provider', async () => {
    const browser = new Browser();
    await portal.signIn(browser, AN);
    const session = `${portal.issuer}/session/end`;
    const page = await (await browser.open(session)).text();
    const [, action = ''] = /action="([^"]+)"/.exec(page) ?? [];
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    await browser.open(new URL(action, portal.issuer), { xsrf, logout: 'yes' });
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('takes a form only with the token of its session, and from its own pages', async () => {
    const [browser, other] = [new Browser(), new Browser()];
    await portal.signIn(browser, AN);
    await portal.signIn(other, BEN);
    const { csrf } = await portal.whose(browser);
    const foreign = (await portal.whose(other)).csrf;
    for (const form of [{}, { csrf: '' }, { csrf: foreign }, { csrf: csrf.slice(0, -4) }])
      expect((await browser.open(`${portal.url}/en/sign-out`, form)).status).toBe(403);
    const fromElsewhere = await fetch(`${portal.url}/en/sign-out`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie: `session=${sessionCookie(browser) ?? ''}`, origin: 'https://elsewhere.example' },
      body: new URLSearchParams({ csrf }),
    });
    expect(fromElsewhere.status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
    expect((await portal.whose(browser)).csrf).not.toBe(csrf);
  });

  it('says that the provider is away, and goes on when it is back', async () => {
    const browser = new Browser();
    const answer = await portal.whileProviderIsAway(() => browser.open(`${portal.url}/en/sign-in`));
    expect(answer.status).toBe(503);
    await portal.signIn(browser, AN);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('never mixes people up, also with many at once', async () => {
    // Each twice, and in this process the provider, too: more at once would only wait for each other.
    const people = Array.from({ length: 40 }, (_, index) => numbered(3 + (index % 20)));
    const seen = await Promise.all(
      people.map(async (ssin) => {
        const browser = new Browser();
        await portal.signIn(browser, ssin);
        const looks = await Promise.all([portal.whose(browser), portal.whose(browser)]);
        return looks.map((look) => look.ssin);
      }),
    );
    expect(seen).toEqual(people.map((ssin) => [ssin, ssin]));
  });

  it('says what browsers may do with its pages', async () => {
    const { headers } = await new Browser().open(`${portal.url}/en`);
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none';script-src 'self';style-src 'self';img-src 'self';form-action 'self' ${portal.issuer};frame-ancestors 'none';base-uri 'none'`,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
    const browser = new Browser();
    await portal.signIn(browser, AN);
    expect((await browser.open(`${portal.url}/en`)).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the portal, with a limit of pages,', () => {
  it('asks whoever wants more of them to wait, and nobody else', async () => {
    const portal = await RunningPortal.start({ env: { LIMIT_PAGES_PER_MINUTE: '20', HTTP_TRUSTED_PROXIES: '1' } });
    try {
      const from = (address: string) => new Browser({ 'x-forwarded-for': address });
      const [greedy, other] = [from('192.0.2.1'), from('192.0.2.2')];
      const statuses: number[] = [];
      for (let page = 0; page < 25; page++) statuses.push((await greedy.open(`${portal.url}/en/signed-out`)).status);
      expect(statuses).toEqual([...Array<number>(20).fill(200), ...Array<number>(5).fill(429)]);
      expect((await other.open(`${portal.url}/en/signed-out`)).status).toBe(200);
    } finally {
      await portal.mesh.stop();
    }
  });
});
