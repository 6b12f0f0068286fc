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
const hex = (bytes: Buffer): string => bytes.toString('hex');
const time = new Date('2026-05-01T12:00:00Z');

describe('a receipt signer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-receipts-'));
  const file = join(folder, 'key.pem');
  writeFileSync(file, privatePem);
  const signer = new ReceiptSigner(new ReceiptSettings({ RECEIPT_KEY_FILE: file }));
  afterAll(() => rmSync(folder, { recursive: true }));
  const release = (place: number, party = '0206731645') => ({
    party,
    time,
    ask: salted(Buffer.of(place)),
    behind: salted(Buffer.of(place)),
  });
  const signed = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, place) => signer.sign(release(place))));

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

  it('shares no signature, and no hash, between two parties', async () => {
    const parties = ['0206731645', '0884303369'];
    const receipts = await Promise.all(
      Array.from({ length: 6 }, (_, place) => signer.sign(release(place, parties[place % 2]))),
    );
    const [ofOne, ofOther] = [0, 1].map((party) =>
      receipts.filter((__, place) => place % 2 === party).flatMap((one) => [one.signature, ...one.batchPath].map(hex)),
    );
    expect(receipts.map(({ batchSize }) => batchSize)).toEqual([3, 3, 3, 3, 3, 3]);
    expect((ofOne ?? []).filter((hash) => ofOther?.includes(hash))).toEqual([]);
    for (const receipt of receipts) expect(verify(receipt, expected)).toBeUndefined();
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
