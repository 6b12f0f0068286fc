import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SsinSeal } from './ssin-seal.js';

const secret = (kid: string) => ({ kid, key: randomBytes(32) });
const PERSON = randomUUID();

describe('the seal of an SSIN', () => {
  it('opens for its person only', () => {
    const seal = new SsinSeal([secret('a')]);
    const sealed = seal.seal(PERSON, '00073003383');
    expect(sealed).toHaveLength(16);
    expect(seal.open(PERSON, sealed)).toBe('00073003383');
    expect(seal.open(randomUUID(), sealed)).toBeUndefined();
    expect(seal.open(PERSON, sealed.subarray(1))).toBeUndefined();
  });

  it('opens what an older key has sealed, and nothing of a key that is gone', () => {
    const [older, newer] = [secret('a'), secret('b')];
    const sealed = new SsinSeal([older]).seal(PERSON, '85073003328');
    expect(new SsinSeal([newer, older]).open(PERSON, sealed)).toBe('85073003328');
    expect(new SsinSeal([newer]).open(PERSON, sealed)).toBeUndefined();
  });
});
