import { createPublicKey } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commitmentTo, opens, salted } from './commitment.js';
import { cachingReceiptVerifier, type ExpectedReceipt, receiptVerifier, signReceipt, signReceipts } from './receipt.js';
import { newReceiptKey, type ReceiptKeys, readReceiptKey, readReceiptKeys } from './receipt-key.js';

const ORIGIN = 'crossroads.test/2026';
const made = newReceiptKey('consultation');
const key = readReceiptKey(made.privatePem);
const keys = readReceiptKeys(JSON.stringify(made.published));
const ask = salted(Buffer.from('what was asked'));
const behind = salted(Buffer.from('by whom'));
const time = new Date('2026-05-01T12:00:00Z');
const receipt = signReceipt({ ask, behind, time }, ORIGIN, key);

const batchOf = (size: number): Receipt[] => {
  const asked = Array.from({ length: size }, (_, place) => ({
    ask: salted(Buffer.of(place)),
    behind: salted(Buffer.of(place)),
    time,
  }));
  return signReceipts(asked, ORIGIN, key);
};
const eleven = batchOf(11);
const [one = receipt, another = receipt] = eleven;

const afterAJourney = (sent: Receipt): Receipt => Receipt.decode(Receipt.encode(sent).finish());

const expected = { use: 'consultation', origin: ORIGIN } as const;

type Check = (receipt: Receipt | undefined, keys: ReceiptKeys, demanded?: ExpectedReceipt, now?: Date) => unknown;

const checks: [string, Check][] = [
  [
    'receiptVerifier',
    (asked, believed, demanded = expected, now = time) => receiptVerifier(believed)(asked, demanded, now),
  ],
  [
    'cachingReceiptVerifier',
    (asked, believed, demanded = expected, now = time) => cachingReceiptVerifier(believed)(asked, demanded, now),
  ],
  [
    'cachingReceiptVerifier, the batch being remembered',
    (asked, believed, demanded = expected, now = time) => {
      const verify = cachingReceiptVerifier(believed);
      for (const good of [...eleven, receipt]) verify(good, expected);
      return verify(asked, demanded, now);
    },
  ],
];

describe.each(checks)('a receipt, by %s,', (_, faultOf) => {
  it('is valid as it was signed, alone or in a batch, also after encoding and decoding', () => {
    for (const good of [receipt, ...eleven, ...[2, 3, 256].flatMap(batchOf)]) {
      expect(faultOf(good, keys)).toBeUndefined();
      expect(faultOf(afterAJourney(good), keys)).toBeUndefined();
    }
  });

  it.each<[string, Partial<Receipt>]>([
    ['another time', { time: new Date('2026-05-02T12:00:00Z') }],
    ['a time beyond all calendars', { time: new Date(Number.NaN) }],
    ['no time', { time: undefined }],
    ['another commitment', { askCommitment: Buffer.alloc(32) }],
    ['another’s commitment', { askCommitment: another.askCommitment }],
    ['another’s commitment to what is behind', { behindCommitment: another.behindCommitment }],
    ['its commitments exchanged', { askCommitment: one.behindCommitment, behindCommitment: one.askCommitment }],
    ['a later end', { expireTime: new Date('2026-05-02T12:00:00Z') }],
    ['no end', { expireTime: undefined }],
    ['a later day in the log', { loggedByTime: new Date('2027-05-02T12:00:00Z') }],
    ['another log', { logOrigin: 'elsewhere' }],
    ['a month put in afterwards', { sealedMonth: '2028-06' }],
    ['no signature', { signature: Buffer.alloc(0) }],
    ['a signature of zeros', { signature: Buffer.alloc(64) }],
    ['a longer signature', { signature: Buffer.concat([one.signature, Buffer.of(0)]) }],
    ['the signature of another batch', { signature: receipt.signature }],
    ['another place in the batch', { batchIndex: 1 }],
    ['another’s place and path', { batchIndex: 1, batchPath: another.batchPath }],
    ['a batch one larger, in which the path would be the same', { batchSize: 12 }],
    ['a batch one smaller, in which the path would be the same', { batchSize: 10 }],
    ['a batch of its own', { batchIndex: 0, batchSize: 1, batchPath: [] }],
    ['a batch of none', { batchSize: 0 }],
    ['a place behind the batch', { batchIndex: 11 }],
    ['a place before the batch', { batchIndex: -1 }],
    ['a place between two', { batchIndex: 0.5 }],
    ['the largest batch there is', { batchSize: 2 ** 32 - 1 }],
    ['a larger batch than there is', { batchSize: 2 ** 60 }],
    ['a batch of endless size', { batchSize: Number.POSITIVE_INFINITY }],
    ['a batch of no number', { batchSize: Number.NaN }],
    ['no path', { batchPath: [] }],
    ['a path of a thousand', { batchPath: Array.from({ length: 1_000 }, () => Buffer.alloc(32)) }],
    ['hashes that are too short', { batchPath: one.batchPath.map((hash) => hash.subarray(1)) }],
    ['hashes that are too long', { batchPath: one.batchPath.map((hash) => Buffer.concat([hash, hash])) }],
    ['its path the other way round', { batchPath: one.batchPath.toReversed() }],
  ])('is invalid with %s', (__, change) => {
    expect(faultOf({ ...one, ...change }, keys)).toBe('RECEIPT_SIGNATURE');
  });

  it('is invalid with an unknown key, an unknown version, or when it is missing', () => {
    expect(faultOf(receipt, new Map())).toBe('RECEIPT_KEY_UNKNOWN');
    for (const receiptVersion of [0, 2, 4])
      expect(faultOf({ ...receipt, receiptVersion }, keys)).toBe('RECEIPT_VERSION');
    expect(faultOf(undefined, keys)).toBe('RECEIPT_MISSING');
  });

  it('is refused for another use than that of its key, and for another access log', () => {
    const of = (change: Partial<ExpectedReceipt>) => faultOf(receipt, keys, { ...expected, ...change });
    expect(of({ use: 'delivery' })).toBe('RECEIPT_OF_OTHER_USE');
    expect(of({ use: 'opening' })).toBe('RECEIPT_OF_OTHER_USE');
    expect(of({ origin: 'elsewhere' })).toBe('RECEIPT_OF_OTHER_ORIGIN');
  });

  it.each([
    [-60_001, 'RECEIPT_IN_FUTURE'],
    [-60_000, undefined],
    [0, undefined],
    [60_000, undefined],
    [60_001, 'RECEIPT_TOO_OLD'],
  ])('looked at %d ms after it was made, within 60 s of the clock, has the fault %s', (ms, fault) => {
    const now = new Date(time.getTime() + ms);
    expect(faultOf(receipt, keys, { ...expected, maxAgeMs: 60_000 }, now)).toBe(fault);
    expect(faultOf(receipt, keys, expected, now)).toBeUndefined();
  });

  it('is refused when it was made before a start, by a millisecond', () => {
    const from = (ms: number) => ({ ...expected, notBefore: new Date(time.getTime() + ms) });
    expect(faultOf(receipt, keys, from(1))).toBe('RECEIPT_BEFORE_START');
    expect(faultOf(receipt, keys, from(0))).toBeUndefined();
  });

  it('is invalid after any other change, and nothing is thrown', () => {
    const bytes = fc.uint8Array({ maxLength: 70 }).map((some) => Buffer.from(some));
    const aNumber = fc.oneof(fc.nat({ max: 20 }), fc.double()).map((some) => some + 0);
    const changes = fc.record(
      {
        sealedMonth: fc.string(),
        askCommitment: bytes,
        behindCommitment: bytes,
        expireTime: fc.date({ noInvalidDate: false }),
        time: fc.date({ noInvalidDate: false }),
        logOrigin: fc.string(),
        signature: bytes,
        batchIndex: aNumber,
        batchSize: aNumber,
        batchPath: fc.array(bytes),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(changes, (change) => {
        const changed = { ...one, ...change };
        return faultOf(changed, keys) === (isDeepStrictEqual(changed, one) ? undefined : 'RECEIPT_SIGNATURE');
      }),
    );
  });
});

describe('receipts of a batch', () => {
  it('each open to their own parts only', () => {
    expect(opens(receipt.askCommitment, 'ask', ask.salt, ask.bytes)).toBe(true);
    expect(opens(receipt.behindCommitment, 'behind', behind.salt, behind.bytes)).toBe(true);
    expect(opens(receipt.askCommitment, 'ask', ask.salt, Buffer.from('what was not asked'))).toBe(false);
    expect(opens(receipt.askCommitment, 'ask', ask.salt.slice(1), ask.bytes)).toBe(false);
    expect(opens(receipt.askCommitment, 'outcome', ask.salt, ask.bytes)).toBe(false);
    const two = [salted(Buffer.from('one')), salted(Buffer.from('two'))] as const;
    const signed = signReceipts(
      two.map((asked) => ({ ask: asked, behind, time })),
      ORIGIN,
      key,
    );
    expect(signed.map(({ askCommitment }) => askCommitment)).toEqual(two.map((asked) => commitmentTo('ask', asked)));
  });

  it('share a signature, and have an index each', () => {
    expect(new Set(eleven.map(({ signature }) => signature.toString('hex'))).size).toBe(1);
    expect(eleven.map(({ batchIndex, batchSize }) => [batchIndex, batchSize])).toEqual(
      eleven.map((_, index) => [index, 11]),
    );
    expect(receipt).toMatchObject({
      receiptVersion: 3,
      expireTime: new Date('2026-05-01T12:01:00Z'),
      loggedByTime: new Date('2026-05-02T12:00:00Z'),
      batchIndex: 0,
      batchSize: 1,
      batchPath: [],
    });
    expect(signReceipts([], ORIGIN, key)).toEqual([]);
  });

  it('are signed with Ed25519 only, by a key stored under its own id and with its use', () => {
    expect(createPublicKey(Object.values(made.published)[0]?.publicKey ?? '').asymmetricKeyType).toBe('ed25519');
    const [entry] = Object.values(made.published);
    expect(() => readReceiptKeys(JSON.stringify({ other: entry }))).toThrow('not its own');
    const unused = { [made.keyId]: { publicKey: entry?.publicKey } };
    expect(() => readReceiptKeys(JSON.stringify(unused))).toThrow('has no use');
  });
});
