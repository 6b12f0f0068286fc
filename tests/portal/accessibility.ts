/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** The rules of WCAG 2.2 AA, and axe's best practices. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong with the page, in one line each. */
export const violationsOf = async (page: Page): Promise<string[]> => {
  // A page of the portal runs no script that is not its own; the debugger's evaluation is outside that rule.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (rules) =>
      (globalThis as unknown as { axe: { run(where: Document, options: object): Promise<AxeResults> } }).axe.run(
        document,
        {
          runOnly: { type: 'tag', values: rules },
        },
      ),
    RULES,
  );
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`));
};

/** How many CSS pixels the page is wider than its window: 0 where nobody has to scroll sideways (WCAG 1.4.10). */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Texts whose contrast with what is behind them is below 4.5:1, or 3:1 where they are large: computed by hand, beside axe. */
export const lowContrastsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const numbers = (color: string): [number, number, number, number] => {
      const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
      return [r, g, b, a];
    };
    const luminance = ([r, g, b]: readonly number[]): number => {
      const linear = (value = 0) =>
        value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const backgroundOf = (element: Element | null): readonly number[] => {
      for (let here = element; here !== null; here = here.parentElement) {
        const color = numbers(getComputedStyle(here).backgroundColor);
        if (color[3] === 1) return color;
      }
      return [255, 255, 255];
    };
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (element === null || text === '' || element.getClientRects().length === 0) continue;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      if (style.visibility === 'hidden' || box.width <= 1 || box.height <= 1) continue;
      const [one, other] = [luminance(numbers(style.color)), luminance(backgroundOf(element))].toSorted(
        (a, b) => b - a,
      );
      const contrast = ((one ?? 0) + 0.05) / ((other ?? 0) + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (contrast < (isLarge ? 3 : 4.5)) found.push(`${contrast.toFixed(1)}: ${text.slice(0, 40)}`);
    }
    return found;
  });
