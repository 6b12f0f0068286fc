import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ROOT } from '../whole-mesh.js';

const CANDIDATES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The browser of this machine; undefined where there is none. */
const CHROMIUM = CANDIDATES.find((file): file is string => file !== undefined && isExecutable(file));

/** A test in a real browser. Skipped, saying so, where there is none. */
export const inBrowser = (name: string, test: () => Promise<void>): void =>
  CHROMIUM === undefined
    ? // oxlint-disable-next-line jest/no-disabled-tests -- the name says what to install
      it.skip(`${name} (skipped: no chromium here; install it, or set CHROMIUM to its path)`, () => {})
    : it(name, test);

export const hasBrowser = CHROMIUM !== undefined;

/** Screenshots of the run; `.gitignore` names the folder. */
const ARTEFACTS = join(ROOT, '.artefacts', 'portal');

export const openBrowser = (): Promise<Browser> => {
  if (CHROMIUM === undefined) throw new Error('there is no chromium here');
  // A sandbox of its own needs rights that root in a container does not have.
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
};

export interface Device {
  readonly language: string;
  /** @default true */
  readonly javaScript?: boolean;
  /** CSS pixels; 320 is a window of 1280 at a zoom of 400 %. @default 1280 */
  readonly width?: number;
  readonly forcedColors?: boolean;
}

/** A browser window of somebody, with cookies of its own. */
export const windowOf = (
  browser: Browser,
  { language, javaScript = true, width = 1_280, forcedColors = false }: Device,
): Promise<BrowserContext> =>
  browser.newContext({
    locale: language,
    javaScriptEnabled: javaScript,
    viewport: { width, height: 900 },
    forcedColors: forcedColors ? 'active' : 'none',
    acceptDownloads: true,
  });

export const screenshot = async (page: Page, name: string): Promise<void> => {
  mkdirSync(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true });
};
