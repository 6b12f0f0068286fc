import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backOf } from './back.rules.js';

const PORTAL = 'https://my.example';
/** Characters by which an address leaves its host, more often than others. */
const hostile = fc
  .array(fc.constantFrom('/', '\\', '.', '@', ':', '?', '#', '%2f', '%5c', '\t', '\n', 'a', 'sign-out', ' ', '&', '='))
  .map((parts) => `/${parts.join('')}`);

describe('the page after signing in', () => {
  it.each(['/whose?x=1', '/mail/0190-ab/documents/2', '/accesses?from=2026-01-01&to=2026-02-01'])(
    'is the page %s that was asked for',
    (back) => {
      expect(backOf(back)).toBe(back);
    },
  );

  it('is a path of the portal, whatever was asked for', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.webUrl(), fc.string(), fc.anything()), (asked) => {
        const target = `/en${backOf(asked)}`;
        const { origin, pathname } = new URL(target, PORTAL);
        expect(origin).toBe(PORTAL);
        expect(target).not.toMatch(/\/\/|\\|[\s\p{Cc}]/u);
        expect(pathname).not.toMatch(/^\/en\/sign-/);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '//elsewhere.example',
    '/\\elsewhere.example',
    '/a//b',
    '/sign-out',
    '',
    '/',
    ['/mail'],
    `/${'a'.repeat(500)}`,
  ])('is the list of accesses in place of %j', (back) => {
    expect(backOf(back)).toBe('/accesses');
  });
});
