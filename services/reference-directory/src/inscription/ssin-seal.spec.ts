import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SsinSeal } from './ssin-seal.js';

const secret = (kid: string) => ({ kid, key: randomBytes(32) });
const PERSON = randomUUID();

describe('the seal of an SSIN', () => {
  it('a sealed SSIN can only be opened for its person', () => {
    const seal = new SsinSeal([secret('a')]);
    const sealed = seal.seal(PERSON, '00073003383');
    expect(sealed).toHaveLength(16);
    expect(seal.open(PERSON, sealed)).toBe('00073003383');
    expect(seal.open(randomUUID(), sealed)).toBeUndefined();
    expect(seal.open(PERSON, sealed.subarray(1))).toBeUndefined();
  });

  it('an SSIN sealed under an older key can be opened, one sealed under a removed key cannot', () => {
    const [older, newer] = [secret('a'), secret('b')];
    const sealed = new SsinSeal([older]).seal(PERSON, '85073003328');
    expect(new SsinSeal([newer, older]).open(PERSON, sealed)).toBe('85073003328');
    expect(new SsinSeal([newer]).open(PERSON, sealed)).toBeUndefined();
  });
});
