import { describe, expect, it } from '@jest/globals';
import { BlindIndex } from './blind-index.js';
import type { KeyProvider, NamedSecret } from './key-provider.js';

const withKeys = (...secrets: NamedSecret[]): Pick<KeyProvider, 'secrets'> => ({ secrets: async () => secrets });
const [one, two] = [
  { kid: 'k1', key: Buffer.alloc(32, 1) },
  { kid: 'k2', key: Buffer.alloc(32, 2) },
];

describe('blind index', () => {
  it('is equal for equal numbers, and differs for different ones', async () => {
    const index = await BlindIndex.open(withKeys(one), 'ssin-index');
    expect(index.indexOf('85673003328')).toBe(index.indexOf('85673003328'));
    expect(index.indexOf('85673003328')).not.toBe(index.indexOf('85673003427'));
    expect(index.indexOf('85673003328')).toMatch(/^k1:[\w-]{43}$/);
  });

  it('looks up with all keys, the current one first, and recognizes values of older keys', async () => {
    const before = await BlindIndex.open(withKeys(one), 'ssin-index');
    const after = await BlindIndex.open(withKeys(two, one), 'ssin-index');
    const written = before.indexOf('85673003328');
    expect(after.indexesOf('85673003328')).toEqual([after.indexOf('85673003328'), written]);
    expect(after.isOutdated(written)).toBe(true);
    expect(after.isOutdated(after.indexOf('85673003328'))).toBe(false);
  });

  it.each(['', '8567300332', '85.67.30-033.28', '856730033281'])('refuses %j without repeating it', async (ssin) => {
    const index = await BlindIndex.open(withKeys(one), 'ssin-index');
    expect(() => index.indexOf(ssin)).toThrow('an SSIN is eleven digits here');
  });

  it('cannot be opened without a key', async () => {
    await expect(BlindIndex.open(withKeys(), 'ssin-index')).rejects.toThrow('has no version');
  });
});
