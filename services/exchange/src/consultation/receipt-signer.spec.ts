import { setImmediate as nextTurn } from 'node:timers/promises';
import { newReceiptKey, readReceiptKey, readReceiptKeys, receiptFault, salted } from '@crossroads/transparency';
import { describe, expect, it } from '@jest/globals';
import { receiptSigner } from './receipt-signer.js';

const { keyId, privatePem, publicPem } = newReceiptKey();
const keys = readReceiptKeys(JSON.stringify({ [keyId]: publicPem }));
const time = new Date('2026-05-01T12:00:00Z');

describe('a signer of receipts', () => {
  const sign = receiptSigner(readReceiptKey(privatePem), 'crossroads.test/2026');
  const signed = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, place) => sign({ record: salted(Buffer.of(place)), time })));

  it('signs once for what is asked in the same turn', async () => {
    const receipts = await signed(20);
    expect(receipts.map(({ batchIndex, batchSize }) => [batchIndex, batchSize])).toEqual(
      receipts.map((_, index) => [index, 20]),
    );
    for (const receipt of receipts) expect(receiptFault(receipt, keys)).toBeUndefined();
  });

  it('lets nobody wait for those of a later turn', async () => {
    const first = signed(1);
    await nextTurn();
    const later = signed(2);
    expect((await first).map(({ batchSize }) => batchSize)).toEqual([1]);
    expect((await later).map(({ batchSize }) => batchSize)).toEqual([2, 2]);
  });

  it('makes no batch larger than 256', async () => {
    const receipts = await signed(600);
    expect(receipts.map(({ batchSize }) => batchSize)).toEqual([
      ...Array<number>(512).fill(256),
      ...Array<number>(88).fill(88),
    ]);
    for (const receipt of receipts) expect(receiptFault(receipt, keys)).toBeUndefined();
  });
});
