import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { violationsOf } from '../testing/violations.js';
import { PageTokens } from './page-token.js';

describe('a page token', () => {
  const tokens = new PageTokens(Buffer.from('a key of a service'));
  const read = (position: unknown) => (typeof position === 'string' ? position : undefined);
  const filters = { personId: 'p', status: ['open'] };

  it('leads to its position in the same list, whatever the order of the filters', () => {
    const token = tokens.encode('place', filters);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(tokens.decode(token, { status: ['open'], personId: 'p' }, read)).toBe('place');
    expect(tokens.decode('', filters, read)).toBeUndefined();
  });

  it('is refused by another list, another service or another version', () => {
    const token = tokens.encode('place', filters);
    expect(violationsOf(() => tokens.decode(token, { personId: 'q' }, read))).toMatchObject([
      { reason: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
    ]);
    expect(violationsOf(() => new PageTokens(Buffer.from('other')).decode(token, filters, read))).toMatchObject([
      { reason: 'INVALID_PAGE_TOKEN' },
    ]);
    expect(violationsOf(() => tokens.decode(tokens.encode(5, filters), filters, read))).toMatchObject([
      { reason: 'INVALID_PAGE_TOKEN' },
    ]);
  });

  it('is refused when any bit of it was changed', () => {
    const token = Buffer.from(tokens.encode('place', filters), 'base64url');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: token.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = Buffer.from(token);
        changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
        expect(violationsOf(() => tokens.decode(changed.toString('base64url'), filters, read))).toHaveLength(1);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(violationsOf(() => tokens.decode(text, filters, read))).toHaveLength(1);
      }),
    );
  });
});
