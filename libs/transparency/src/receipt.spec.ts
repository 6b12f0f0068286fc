import { createPublicKey } from 'node:crypto';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { describe, expect, it } from '@jest/globals';
import { opens, salted } from './commitment.js';
import { receiptFault, signReceipt } from './receipt.js';
import { newReceiptKey, readReceiptKey, readReceiptKeys } from './receipt-key.js';

const made = newReceiptKey();
const key = readReceiptKey(made.privatePem);
const keys = readReceiptKeys(JSON.stringify({ [made.keyId]: made.publicPem }));
const record = salted(Buffer.from('what was asked'));
const receipt = signReceipt(record, new Date('2026-05-01T12:00:00.123Z'), 'crossroads.test/2026', key);

describe('receipt', () => {
  it('is believed as it was signed, also after a journey', () => {
    expect(receiptFault(receipt, keys)).toBeUndefined();
    expect(receiptFault(Receipt.decode(Receipt.encode(receipt).finish()), keys)).toBeUndefined();
  });

  it('opens to its record and to nothing else', () => {
    expect(opens(receipt.commitment, record.salt, record.bytes)).toBe(true);
    expect(opens(receipt.commitment, record.salt, Buffer.from('what was not asked'))).toBe(false);
    expect(opens(receipt.commitment, record.salt.slice(1), record.bytes)).toBe(false);
  });

  it.each([
    ['another time', { time: new Date('2026-05-02T12:00:00Z') }],
    ['another commitment', { commitment: Buffer.alloc(32) }],
    ['another log', { logOrigin: 'elsewhere' }],
    ['a label put in afterwards', { label: Buffer.from('x') }],
  ])('is not believed with %s', (_, change) => {
    expect(receiptFault({ ...receipt, ...change }, keys)).toBe('RECEIPT_SIGNATURE');
  });

  it('is not believed from an unknown key, of an unknown version, or when missing', () => {
    expect(receiptFault(receipt, new Map())).toBe('RECEIPT_KEY_UNKNOWN');
    expect(receiptFault({ ...receipt, receiptVersion: 2 }, keys)).toBe('RECEIPT_VERSION');
    expect(receiptFault(undefined, keys)).toBe('RECEIPT_MISSING');
  });

  it('is signed with Ed25519 only, by a key filed under its own id', () => {
    expect(createPublicKey(made.publicPem).asymmetricKeyType).toBe('ed25519');
    expect(() => readReceiptKeys(JSON.stringify({ other: made.publicPem }))).toThrow('not its own');
  });
});
