import { existsSync } from 'node:fs';
import { it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const hasBrowser = existsSync(executablePath);

/** A test in a real browser. Skipped, saying so, where there is none. */
export const inBrowser = (name: string, test: () => Promise<void>): void =>
  hasBrowser
    ? it(name, test)
    : // oxlint-disable-next-line jest/no-disabled-tests -- the name says what to set
      it.skip(`${name} (skipped: no chromium here; set CHROMIUM to its path)`, () => {});

export const openBrowser = (): Promise<Browser> =>
  // A sandbox of its own needs rights that root in a container does not have.
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
