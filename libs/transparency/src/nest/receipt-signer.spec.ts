import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { salted } from '../commitment.js';
import { DEFAULT_LOG_ORIGIN, receiptVerifier } from '../receipt.js';
import { newReceiptKey, readReceiptKeys } from '../receipt-key.js';
import { ReceiptSigner } from './receipt-signer.js';
import { ReceiptSettings } from './receipt.settings.js';

const { privatePem, published } = newReceiptKey('consultation');
const verify = receiptVerifier(readReceiptKeys(JSON.stringify(published)));
const expected = { use: 'consultation', origin: DEFAULT_LOG_ORIGIN } as const;
const time = new Date('2026-05-01T12:00:00Z');

describe('a receipt signer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-receipts-'));
  const file = join(folder, 'key.pem');
  writeFileSync(file, privatePem);
  const signer = new ReceiptSigner(new ReceiptSettings({ RECEIPT_KEY_FILE: file }));
  afterAll(() => rmSync(folder, { recursive: true }));
  const signed = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, place) => signer.sign(salted(Buffer.of(place)), time)));

  it('makes one signature for the receipts of one turn of the event loop', async () => {
    const receipts = await signed(20);
    expect(receipts.map(({ batchIndex, batchSize }) => [batchIndex, batchSize])).toEqual(
      receipts.map((_, index) => [index, 20]),
    );
    for (const receipt of receipts) expect(verify(receipt, expected)).toBeUndefined();
  });

  it('does not wait for receipts of a later turn', async () => {
    const first = signed(1);
    await eventLoopTurn();
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
    for (const receipt of receipts) expect(verify(receipt, expected)).toBeUndefined();
  });
});
