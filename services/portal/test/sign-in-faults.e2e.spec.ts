import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, eventually } from '@crossroads/testing';
import pg from 'pg';
import { RunningPortal } from './running-portal.js';

/** The number of nobody: its month is 61. */
const AN = '58611110150';
const LIMIT = 30;

describe('a session at the portal, when something fails,', () => {
  let portal: RunningPortal;
  beforeAll(async () => {
    portal = await RunningPortal.start({
      env: { LIMIT_PAGES_PER_MINUTE: String(LIMIT), HTTP_TRUSTED_PROXIES: '1' },
    });
  });
  afterAll(() => portal?.mesh.stop());
  afterEach(() => {
    portal.laterMs = 0;
  });

  let addresses = 0;
  const nextBrowser = () => new Browser({ 'x-forwarded-for': `192.0.2.${++addresses}` });
  const signedIn = async () => {
    const browser = nextBrowser();
    await portal.signIn(browser, AN);
    return browser;
  };
  const statusOf = async (browser: Browser, path = '/en/whose/name') =>
    (await browser.open(`${portal.url}${path}`)).status;
  const subjectOf = async (browser: Browser) => {
    const answer = await browser.open(`${portal.url}/en/whose/name`);
    return ((await answer.json()) as { subject: string }).subject;
  };

  it('ends by a logout that failed halfway and is reported again', async () => {
    const browser = await signedIn();
    const logout = { sub: await subjectOf(browser), jti: 'halfway' };
    const admin = new pg.Client({ connectionString: portal.mesh.database.adminUrl });
    await admin.connect();
    // The token can be noted, the sessions cannot be deleted.
    await admin.query(`create function away() returns trigger language plpgsql as
      $$ begin raise exception 'away' using errcode = '57P03'; end $$`);
    await admin.query('create trigger away before delete on sessions for each statement execute function away()');
    try {
      expect(await portal.reportLogout(logout)).toBe(503);
    } finally {
      await admin.query('drop trigger away on sessions');
      await admin.end();
    }
    expect(await statusOf(browser)).toBe(200);
    expect(await portal.reportLogout(logout)).toBe(200);
    expect(await statusOf(browser)).toBe(401);
  });

  it('does not end by a logout token that was used before it began', async () => {
    const first = await signedIn();
    const logout = { sub: await subjectOf(first), jti: 'twice' };
    expect(await portal.reportLogout(logout)).toBe(200);
    expect(await statusOf(first)).toBe(401);
    const second = await signedIn();
    expect(await portal.reportLogout(logout)).toBe(200);
    expect(await statusOf(second)).toBe(200);
  });

  it('ends by a logout after more logouts than pages that an address may ask for', async () => {
    const browser = await signedIn();
    const sub = await subjectOf(browser);
    for (let index = 0; index <= LIMIT; index++)
      expect(await portal.reportLogout({ sub: 'somebody', jti: `many-${index}` })).toBe(200);
    expect(await portal.reportLogout({ sub, jti: 'the last' })).toBe(200);
    expect(await statusOf(browser)).toBe(401);
  });

  it('leads whoever signs out after its end to the page of those who have signed out', async () => {
    const browser = await signedIn();
    portal.laterMs = 845_000;
    const answer = await browser.open(`${portal.url}/en/sign-out`, { csrf: 'late' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/en/signed-out']);
  });

  it('is over when its row was changed', async () => {
    const browser = await signedIn();
    const admin = new pg.Client({ connectionString: portal.mesh.database.adminUrl });
    await admin.connect();
    await admin.query('update sessions set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)');
    await admin.end();
    expect(await statusOf(browser)).toBe(401);
    expect(await statusOf(browser, '/en')).toBe(200);
  });

  it('is kept by no cache, nor are its redirects', async () => {
    const browser = await signedIn();
    for (const path of ['/en/sign-in', '/signed-out', '/', '/en/whose/name']) {
      const answer = await browser.open(`${portal.url}${path}`);
      expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store']);
    }
  });

  it('tells a failed sign-in in the language in which it was begun', async () => {
    const browser = nextBrowser();
    const callback = await portal.toCallback(browser, AN, '/fr/sign-in');
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    expect(await (await browser.open(callback)).text()).toContain('<html lang="fr"');
  });

  it('counts the pages of an IPv6 household as of one address', async () => {
    const from = (address: string) => statusOf(new Browser({ 'x-forwarded-for': address }), '/en/signed-out');
    for (let page = 0; page < LIMIT; page++) expect(await from(`2001:db8:1:2::${page.toString(16)}`)).toBe(200);
    expect(await from('2001:db8:1:2:ffff::1')).toBe(429);
    expect(await from('2001:db8:1:3::1')).toBe(200);
  });
});

describe('the portal, while its database is away,', () => {
  it('opens no session, and shows public pages', async () => {
    const portal = await RunningPortal.start({ withLink: true });
    try {
      const browser = new Browser();
      await portal.signIn(browser, AN);
      const statusOf = async (path: string) => (await browser.open(`${portal.url}${path}`)).status;
      portal.database?.cut();
      expect(await statusOf('/en/signed-out')).toBe(200);
      expect(await statusOf('/en/sign-in')).toBe(503);
      portal.database?.mend();
      await eventually(
        () => statusOf('/en/signed-out'),
        (status) => status === 200,
      );
    } finally {
      await portal.mesh.stop();
    }
  });
});

describe('the portal behind https', () => {
  it('gives cookies that go to it alone, and by https alone', async () => {
    const portal = await RunningPortal.start({ env: { PUBLIC_URL: 'https://my.example' } });
    try {
      // The provider does not know this address, and refuses it: the cookie of a failed callback says enough.
      const answer = await new Browser().open(`${portal.url}/sign-in/callback?state=some`);
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-sign-in-some=;.*Path=\/;.*HttpOnly; Secure; SameSite=Lax$/),
      ]);
      expect(answer.headers.get('strict-transport-security')).toContain('max-age=31536000');
    } finally {
      await portal.mesh.stop();
    }
  });
});
