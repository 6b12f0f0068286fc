/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Page } from 'playwright-core';

const MAX_STOPS = 400;

/** What has the focus, as a screen reader names it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return '';
    const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels : null;
    const name =
      element.getAttribute('aria-label') ??
      (labels && labels.length > 0 ? [...labels].map(({ innerText }) => innerText).join(' ') : element.textContent);
    return (name ?? '').replace(/\s+/g, ' ').trim();
  });

/** Moves with the Tab key until something has the focus whose name fits. @throws when all stops were tried, with their names */
export const tabTo = async (page: Page, name: string | RegExp): Promise<void> => {
  const names: string[] = [];
  for (let stop = 0; stop < MAX_STOPS; stop++) {
    await page.keyboard.press('Tab');
    const here = await focused(page);
    if (typeof name === 'string' ? here === name : name.test(here)) return;
    // The focus has left the page and come back to its first stop.
    if (stop > 2 && here !== '' && here === names[0] && names.includes('')) break;
    names.push(here);
  }
  throw new Error(`the Tab key never reaches ${String(name)}; it stops at ${names.join(' | ')}`);
};

/** Goes to a link or button by keyboard, and follows or presses it. */
export const press = async (page: Page, name: string | RegExp): Promise<void> => {
  await tabTo(page, name);
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press('Enter')]);
  await page.waitForLoadState('load');
};

/** Goes to a field by keyboard, and types. */
export const type = async (page: Page, label: string | RegExp, text: string): Promise<void> => {
  await tabTo(page, label);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
};
