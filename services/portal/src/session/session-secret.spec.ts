import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SessionSecret } from './session-secret.js';

const contents = fc.jsonValue();

describe('the secret of a session', () => {
  it('opens what it has sealed, also after it was a cookie', () => {
    fc.assert(
      fc.property(contents, (content) => {
        const secret = SessionSecret.create();
        const again = SessionSecret.fromCookie(secret.cookie);
        // As JSON keeps it: -0 becomes 0.
        expect(again?.open(secret.seal(content))).toEqual(JSON.parse(JSON.stringify(content)));
        expect(again?.id).toEqual(secret.id);
      }),
    );
  });

  it('opens nothing of another secret', () => {
    fc.assert(
      fc.property(contents, (content) => {
        const [one, other] = [SessionSecret.create(), SessionSecret.create()];
        expect(other.id).not.toEqual(one.id);
        expect(() => other.open(one.seal(content))).toThrow();
      }),
    );
  });

  it('opens nothing in which one bit was changed, or that was cut', () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.nat({ max: 7 }), (content, at, bit) => {
        const secret = SessionSecret.create();
        const sealed = secret.seal(content);
        expect(() => secret.open(sealed.subarray(0, at % sealed.length))).toThrow();
        const changed = Buffer.from(sealed);
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(() => secret.open(changed)).toThrow();
      }),
    );
  });

  it('gives each form another token, and knows its own alone', () => {
    const [one, other] = [SessionSecret.create(), SessionSecret.create()];
    const tokens = Array.from({ length: 50 }, () => one.csrfToken());
    expect(new Set(tokens.map((token) => token.slice(0, 40))).size).toBe(50);
    for (const token of tokens) expect([one.isCsrfToken(token), other.isCsrfToken(token)]).toEqual([true, false]);
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.nat({ max: 7 }), (index, bit) => {
        const bytes = Buffer.from(one.csrfToken(), 'base64url');
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expect(one.isCsrfToken(bytes.toString('base64url'))).toBe(false);
      }),
    );
    for (const token of [undefined, '', [], one.cookie]) expect(one.isCsrfToken(token)).toBe(false);
  });

  it('is no text that no cookie of the portal has', () => {
    for (const text of [undefined, '', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}+`])
      expect(SessionSecret.fromCookie(text)).toBeUndefined();
  });
});
