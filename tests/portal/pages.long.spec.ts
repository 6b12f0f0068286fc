import { readFileSync } from 'node:fs';
import { accessAudit } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { consentOf, messageTo, PROVIDER, providedDocument } from '../mail.js';
import { generatedPeople, generatedSsins } from '../people.js';
import { Portal } from '../portal.js';
import { WholeMesh } from '../whole-mesh.js';
import { lowContrastsOf, overflowOf, violationsOf } from './accessibility.js';
import { type Device, hasBrowser, inBrowser, openBrowser, screenshot, windowOf } from './browser.js';
import { press, tabTo, type } from './keyboard.js';
import { LANGUAGES, type Language, WORDS } from './words.js';

const [SEEN = '', UNSEEN = ''] = generatedSsins(2, 40);
const PURPOSE = 'PCSA:SOCIAL_INQUIRY';
/** A sender's name and subject that would run, or break a page, where somebody forgot to escape them. */
const HOSTILE = '<img src=x onerror=alert(1)>"\'</td></main>\u202e';

const tabToAndEnter = async (page: Page, name: RegExp): Promise<void> => {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
};

const PUBLIC = [
  '',
  '/register',
  '/data-services',
  '/figures',
  '/state',
  '/accessibility',
  '/privacy',
  '/signed-out',
] as const;
const PERSONAL = ['/accesses', '/own-data', '/permissions', '/mail', '/mail/settings'] as const;

describe('the citizens’ portal, in a browser', () => {
  let mesh: WholeMesh;
  let browser: Browser;
  let url: string;
  let messageId: string;

  beforeAll(async () => {
    if (!hasBrowser) return;
    browser = await openBrowser();
    mesh = await WholeMesh.start();
    url = `http://localhost:${mesh.local.ports.portal}`;
    await mesh.load(() => generatedPeople(2, 40));
    await mesh.decide('welfare-office');
    await mesh.inscribe('welfare-office', [SEEN]);
    for (let look = 0; look < 30; look++)
      await mesh.as('welfare-office').consult({
        ssin: SEEN,
        legalContext: PURPOSE,
        dataServices: [{ dataService: 'person.identification.v1', fieldGroups: ['name', 'address'] }],
      });
    const portal = new Portal(mesh);
    await consentOf(portal, [SEEN]);
    const subject = { nl: HOSTILE, fr: HOSTILE, de: HOSTILE, en: HOSTILE };
    const document = providedDocument(mesh, '%PDF-1.7 a decision', 'decision.pdf');
    ({ messageId } = await mesh
      .as(PROVIDER)
      .publications.publishMessage({ message: messageTo(SEEN, [document], { subject }) }));
    portal.close();
  });
  afterAll(async () => {
    await browser?.close();
    await mesh?.stop();
  });

  const inWindow = async (
    device: Device,
    walk: (page: Page, context: BrowserContext) => Promise<void>,
  ): Promise<void> => {
    const context = await windowOf(browser, device);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of [45]/.test(message.text())) errors.push(message.text());
    });
    page.on('dialog', () => errors.push('a script of somebody else has run'));
    try {
      await walk(page, context);
      expect(errors).toEqual([]);
    } finally {
      await context.close();
    }
  };

  /** By keyboard alone, from the start page. */
  const signIn = async (page: Page, language: Language, ssin: string): Promise<void> => {
    const words = WORDS[language];
    await page.goto(`${url}/${language}`);
    await press(page, words.signIn);
    await type(page, words.number, ssin);
    await Promise.all([page.waitForURL(new RegExp(`^${url}/${language}`)), page.keyboard.press('Enter')]);
  };

  const checked = async (page: Page, name: string): Promise<void> => {
    expect({ name, violations: await violationsOf(page) }).toEqual({ name, violations: [] });
    expect({ name, low: await lowContrastsOf(page) }).toEqual({ name, low: [] });
    expect({ name, overflow: await overflowOf(page) }).toEqual({ name, overflow: 0 });
  };

  for (const language of LANGUAGES)
    for (const javaScript of [true, false])
      inBrowser(
        `lets somebody in and out by keyboard, in ${language}, ${javaScript ? 'with' : 'without'} scripts`,
        () =>
          inWindow({ language, javaScript }, async (page) => {
            await signIn(page, language, SEEN);
            for (const path of PERSONAL) {
              const answer = await page.goto(`${url}/${language}${path}`);
              expect([path, answer?.status()]).toEqual([path, 200]);
              expect(await page.locator('h1').count()).toBe(1);
              expect(page.url()).not.toContain(SEEN);
              expect(await page.title()).not.toContain('Proefpersoon');
            }
            await press(page, WORDS[language].signOut);
            if (!page.url().startsWith(url)) await press(page, WORDS[language].leave);
            expect(page.url()).toContain('/signed-out');
            await page.goBack();
            await page.goto(`${url}/${language}/accesses`);
            expect(page.url()).not.toContain('/accesses');
          }),
      );

  for (const language of LANGUAGES)
    inBrowser(`has no barrier on any page in ${language}, on a phone and at 400 %`, () =>
      inWindow({ language, width: 320 }, async (page) => {
        for (const path of PUBLIC) {
          await page.goto(`${url}/${language}${path}`);
          await checked(page, `${language}${path}`);
          await screenshot(page, `${language}${path.replaceAll('/', '-') || '-start'}-320`);
        }
        await signIn(page, language, SEEN);
        for (const path of [...PERSONAL, `/mail/${messageId}`]) {
          await page.goto(`${url}/${language}${path}`);
          await checked(page, `${language}${path}`);
          await screenshot(page, `${language}${path.replace(messageId, 'message').replaceAll('/', '-')}-320`);
        }
        await page.goto(`${url}/${language}/accesses/0198f0a0-0000-7000-8000-00000000000a`);
        await checked(page, `${language}, not found`);
      }),
    );

  inBrowser('has no barrier for somebody whom nobody has looked at, on a screen and in high contrast', () =>
    inWindow({ language: 'en', forcedColors: true }, async (page) => {
      await signIn(page, 'en', UNSEEN);
      for (const path of PERSONAL) {
        expect((await page.goto(`${url}/en${path}`))?.status()).toBe(200);
        expect({ path, violations: await violationsOf(page) }).toEqual({ path, violations: [] });
        await screenshot(page, `en-nobody${path.replaceAll('/', '-')}`);
      }
    }),
  );

  inBrowser('tells a screen reader who looked, at what, and why', () =>
    inWindow({ language: 'en' }, async (page) => {
      await signIn(page, 'en', SEEN);
      await page.goto(`${url}/en/accesses`);
      const heard = await page.locator('main').ariaSnapshot();
      expect(heard).toMatch(/heading "Who looked at (my|your) data" \[level=1\]/i);
      expect(heard).toMatch(/Public Centre for Social Welfare looked up your .*name.* and .*address.*/);
      await screenshot(page, 'en-accesses-1280');
      await checked(page, 'accesses, wide');
    }),
  );

  inBrowser('leads from a line to its details and to the deliberation, and gives the list as a file', () =>
    // With scripts: without them axe waits for a timer of the page for ever.
    inWindow({ language: 'en' }, async (page) => {
      await signIn(page, 'en', SEEN);
      await page.goto(`${url}/en/accesses`);
      const [download] = await Promise.all([page.waitForEvent('download'), tabToAndEnter(page, /\(CSV\)$/)]);
      const lines = readFileSync(await download.path(), 'utf8')
        .trim()
        .split('\r\n');
      expect(lines.length).toBeGreaterThan(30);
      expect(lines.join('\n')).toContain('Public Centre for Social Welfare');
      await page.locator('main details summary').last().press('Enter');
      await page
        .getByRole('link', { name: /Details/ })
        .last()
        .press('Enter');
      await page.waitForURL(/\/en\/accesses\/[0-9a-f-]{36}/);
      await checked(page, 'one access');
      await screenshot(page, 'en-access-1280');
      await page
        .getByRole('link', { name: /26\/004/ })
        .first()
        .press('Enter');
      await page.waitForURL(/\/en\/register\//);
      await checked(page, 'one deliberation');
    }),
  );

  inBrowser('shows a hostile subject as text, and gives the document a safe name', () =>
    inWindow({ language: 'en' }, async (page) => {
      await signIn(page, 'en', SEEN);
      await page.goto(`${url}/en/mail/${messageId}`);
      expect(await page.locator('main img').count()).toBe(0);
      expect(await page.locator('h1').innerText()).toContain('<img src=x');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'decision.pdf' }).first().click(),
      ]);
      expect(download.suggestedFilename()).toBe('decision.pdf');
    }),
  );

  inBrowser('shows what it can while a service is away', () =>
    inWindow({ language: 'en' }, async (page) => {
      await signIn(page, 'en', SEEN);
      await mesh.whileSuspended(accessAudit.name, async () => {
        await page.goto(`${url}/en/own-data`);
        expect(await page.locator('h1').count()).toBe(1);
        const away = await page.goto(`${url}/en/accesses`);
        expect([200, 503]).toContain(away?.status());
        await checked(page, 'access-audit away');
        await screenshot(page, 'en-away');
      });
    }),
  );

  inBrowser('asks to sign in again when the session is over', () =>
    inWindow({ language: 'en' }, async (page, context) => {
      await signIn(page, 'en', SEEN);
      await context.clearCookies({ name: 'session' });
      await page.goto(`${url}/en/mail`);
      await page.waitForLoadState();
      // The provider knows the person still, or asks: either way no page of theirs is shown to whoever has no session.
      expect(page.url()).not.toBe(`${url}/en/mail/settings`);
    }),
  );

  inBrowser('fits a slow line: 50 KB at the first visit, 20 KB of HTML afterwards', () =>
    inWindow({ language: 'en' }, async (page, context) => {
      await signIn(page, 'en', SEEN);
      const client = await context.newCDPSession(page);
      await client.send('Network.enable');
      await client.send('Network.setCacheDisabled', { cacheDisabled: true });
      for (const path of ['', '/register', ...PERSONAL]) {
        let bytes = 0;
        let html = 0;
        const count = ({ encodedDataLength }: { encodedDataLength: number }) => (bytes += encodedDataLength);
        client.on('Network.loadingFinished', count);
        const answer = await page.goto(`${url}/en${path}`, { waitUntil: 'networkidle' });
        html = Number((await answer?.request().sizes())?.responseBodySize ?? 0);
        client.off('Network.loadingFinished', count);
        expect({ path, first: bytes <= 50_000, html: html <= 20_000 }).toEqual({ path, first: true, html: true });
      }
    }),
  );
});
