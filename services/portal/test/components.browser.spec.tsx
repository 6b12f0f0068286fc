/// <reference lib="dom" />
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { assetFile } from '../src/asset/assets.js';
import { renderPage } from '../src/page/layout.page.js';
import { hasBrowser, inBrowser, openBrowser } from './in-browser.js';
import { SamplePage } from './sample-page.js';

/** The sample page and what it loads, under a policy that allows files of the page's origin only. */
const serve = (): Server =>
  createServer(({ url = '' }, response) => {
    const asset = assetFile(url.replace('/assets/', ''));
    const html = renderPage(<SamplePage language="de" text="Krankenversicherungsleistung" href="/de/mail" />);
    response
      .writeHead(200, {
        'content-type': asset?.type ?? 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'self'",
      })
      .end(asset?.plain ?? html);
  });

describe('the components, in a browser', () => {
  let browser: Browser;
  let server: Server;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (!hasBrowser) return;
    server = serve();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const open = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/de/mail`);
    return page;
  };

  inBrowser('axe finds nothing wrong with any of them, wide or narrow', async () => {
    for (const width of [320, 1280]) {
      const page = await open({ viewport: { width, height: 900 } });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
      );
      expect(
        violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
      ).toEqual([]);
      await page.context().close();
    }
  });

  inBrowser('nobody scrolls sideways at 320 pixels, with a word of 28 letters in each of them', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const page = await open({ viewport: { width: 320, height: 900 }, javaScriptEnabled });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      await page.context().close();
    }
  });

  inBrowser('the menu folds with a script, and is open without one', async () => {
    const viewport = { width: 320, height: 900 };
    const scripted = await open({ viewport });
    const menu = scripted.getByRole('button', { name: 'Menü' });
    await menu.waitFor();
    expect(await scripted.getByRole('link', { name: 'Zahlen' }).isVisible()).toBe(false);
    await menu.click();
    expect(await scripted.getByRole('link', { name: 'Zahlen' }).isVisible()).toBe(true);
    const plain = await open({ viewport, javaScriptEnabled: false });
    expect(await plain.getByRole('button', { name: 'Menü' }).count()).toBe(0);
    expect(await plain.getByRole('link', { name: 'Zahlen' }).isVisible()).toBe(true);
    await scripted.context().close();
    await plain.context().close();
  });

  inBrowser('the skip link leads past header and menu', async () => {
    const page = await open({});
    const skip = page.getByRole('link', { name: 'Zum Inhalt' });
    await skip.focus();
    expect(await skip.evaluate((link) => link.getBoundingClientRect().height)).toBeGreaterThan(10);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main-content');
    await page.context().close();
  });

  inBrowser('no page breaks its own content security policy', async () => {
    await (await open({})).waitForLoadState('networkidle');
    expect(complaints).toEqual([]);
  });
});
