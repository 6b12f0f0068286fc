import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSearchKey, newSearchKey, openWords, sealWords } from './search-words.js';

describe('words of a search in an address', () => {
  it('words come back with the key of the browser, and with no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (words) => {
        const key = newSearchKey();
        const sealed = sealWords(words, key);
        expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(openWords(sealed, key)).toBe(words);
        expect(openWords(sealed, newSearchKey())).toBeUndefined();
        expect(openWords(sealed, undefined)).toBeUndefined();
      }),
    );
  });

  it('an address that was changed opens to nothing', () => {
    const key = newSearchKey();
    const sealed = sealWords('pension', key);
    expect(openWords(`${sealed.slice(0, -2)}AA`, key)).toBeUndefined();
    expect(openWords('AAAA', key)).toBeUndefined();
    expect(openWords('', key)).toBe('');
  });

  it('the same words look different each time', () => {
    const key = newSearchKey();
    expect(sealWords('pension', key)).not.toBe(sealWords('pension', key));
    expect(isSearchKey(key)).toBe(true);
    expect(isSearchKey('short')).toBe(false);
  });
});
