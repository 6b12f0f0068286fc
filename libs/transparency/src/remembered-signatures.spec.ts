import * as crypto from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';

const verify = jest.fn(crypto.verify);
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, verify }));
const { cachingReceiptVerifier, signReceipts } = await import('./receipt.js');
const { newReceiptKey, readReceiptKey, readReceiptKeys } = await import('./receipt-key.js');
const { salted } = await import('./commitment.js');

const made = newReceiptKey('consultation');
const key = readReceiptKey(made.privatePem);
const keys = readReceiptKeys(JSON.stringify(made.published));
const expected = { use: 'consultation', origin: 'crossroads.test/2026' } as const;
const verifierOf = (believed: typeof keys, cached?: number) => {
  const verifyReceipt = cachingReceiptVerifier(believed, cached);
  return (receipt: Parameters<typeof verifyReceipt>[0]) => verifyReceipt(receipt, expected);
};
const batchOf = (size: number) => {
  const asked = Array.from({ length: size }, (_, place) => ({
    ask: salted(Buffer.of(place)),
    behind: salted(Buffer.of(place)),
    time: new Date(),
  }));
  return signReceipts(asked, 'crossroads.test/2026', key);
};

describe('a check of receipts', () => {
  beforeEach(() => {
    verify.mockClear();
  });

  it('verifies the signature over a batch once', () => {
    const check = verifierOf(keys);
    for (const receipt of batchOf(20)) expect(check(receipt)).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(1);
    for (const receipt of batchOf(20)) expect(check(receipt)).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('does not cache an invalid signature', () => {
    const check = verifierOf(keys);
    for (const receipt of batchOf(3))
      expect(check({ ...receipt, signature: Buffer.alloc(64) })).toBe('RECEIPT_SIGNATURE');
    expect(verify).toHaveBeenCalledTimes(3);
  });

  it('caches a limited number of signatures, the most recently used', () => {
    const check = verifierOf(keys, 2);
    const [first, second, third] = [batchOf(1), batchOf(1), batchOf(1)].map(([receipt]) => receipt);
    for (const receipt of [first, second, third, third, second]) check(receipt);
    expect(verify).toHaveBeenCalledTimes(3);
    check(first);
    expect(verify).toHaveBeenCalledTimes(4);
  });

  it('accepts a cached signature only with the key that made it', () => {
    const changing = new Map(keys);
    const check = verifierOf(changing);
    const [receipt, another] = batchOf(2);
    expect(check(receipt)).toBeUndefined();
    for (const stranger of readReceiptKeys(strangersFile()).values()) changing.set(made.keyId, stranger);
    expect(check(another)).toBe('RECEIPT_SIGNATURE');
    changing.clear();
    expect(check(another)).toBe('RECEIPT_KEY_UNKNOWN');
  });

  const strangersFile = () => {
    return JSON.stringify(newReceiptKey('consultation').published);
  };
});
