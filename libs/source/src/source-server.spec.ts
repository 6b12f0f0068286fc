import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { AccessKind, Ask, Behind } from '@crossroads/contracts/access/v1/access_record';
import { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import type { IsoDay } from '@crossroads/identifiers';
import { issueRequestToken, onlyDisclosing, shownToSourceOf, type SigningKeyPair } from '@crossroads/request-token';
import {
  beginRelease,
  newReceiptKey,
  readReceiptKey,
  readReceiptKeys,
  salted,
  signReceipt,
} from '@crossroads/transparency';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { KeptReceipt, ReceiptStore } from './receipts/receipt-store.js';
import { type SourceOptions, SourceServer } from './source-server.js';

const ORIGIN = 'crossroads.test/2026';
const TODAY = '2026-05-01' as IsoDay;
const START = new Date('2026-05-01T12:00:00Z');
const made = newReceiptKey('consultation');
const key = readReceiptKey(made.privatePem);
const madeForDeliveries = newReceiptKey('delivery');
const deliveryKey = readReceiptKey(madeForDeliveries.privatePem);
const keys = readReceiptKeys(JSON.stringify({ ...made.published, ...madeForDeliveries.published }));
const exchange = { kind: 'service', name: 'exchange', spki: 'key' } as const;
const call = { caller: exchange, signal: new AbortController().signal };
const officials = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const officialKey = { kid: 'k1', privatePem: officials.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
const officialKeys = [{ kid: 'k1', jwk: { ...officials.publicKey.export({ format: 'jwk' }) } }];
const after = (ms: number): Date => new Date(START.getTime() + ms);

const PARTY = '0206731645';

/** A question whose receipt was made at an instant; `recorded` is what its ask says instead. */
const asked = (time: Date, recorded: Partial<Ask> = {}, receiptTime = time): SupplyRequest => {
  const question = {
    ssin: '62691699717',
    customer: '0206731645',
    legalContext: 'SPEC:ANY',
    dataService: 'spec.v1',
    fieldGroups: ['all'],
  };
  const kind = AccessKind.ACCESS_KIND_CONSULTATION;
  const named = Ask.fromPartial({ ...question, kind, party: PARTY, ...recorded });
  const release = beginRelease(named, Behind.fromPartial({}), time);
  return SupplyRequest.fromPartial({
    ...question,
    receipt: signReceipt({ ...release, time: receiptTime }, ORIGIN, key),
    ask: Buffer.from(release.ask.bytes),
    askSalt: Buffer.from(release.ask.salt),
    requestToken: signedBy(officialKey, question, time),
  });
};

/** What a customer signs of a question, as far as a source is shown it. */
const signedBy = (by: SigningKeyPair, { dataService, fieldGroups, ...question }: Asked, time: Date): string => {
  const signed = {
    ...question,
    requestId: 'of the customer',
    asker: { kind: 'official', id: 'a7f3', role: 'worker' } as const,
    day: TODAY,
    dataServices: [{ dataService, fieldGroups }],
    certificateHash: 'of the customer',
  };
  return onlyDisclosing(issueRequestToken(signed, by, time.getTime() / 1000), shownToSourceOf(dataService));
};

interface Asked {
  readonly ssin: string;
  readonly customer: string;
  readonly legalContext: string;
  readonly dataService: string;
  readonly fieldGroups: readonly string[];
}

/** What was kept, in order; it can be made to fail, or to know a receipt already. */
class StoreStandIn implements ReceiptStore {
  readonly kept: KeptReceipt[] = [];
  keep: ReceiptStore['keep'] = async (one) => {
    this.kept.push(one);
    return true;
  };
  countsOn = async (): Promise<ReadonlyMap<string, number>> => new Map();
}

describe('a source', () => {
  let now: Date;
  let server: SourceServer;
  let store: StoreStandIn;
  let supply: SourceOptions['supply'];

  beforeEach(() => {
    now = START;
    store = new StoreStandIn();
    supply = async () => ({ data: { all: 1 }, sourceRevision: 1n });
    server = new SourceServer({
      party: PARTY,
      dataServices: ['spec.v1'],
      receipts: { keys, origin: ORIGIN, now: () => now },
      validation: () => ({ mode: 'development', today: TODAY }),
      institutionKeys: () => officialKeys,
      receiptStore: store,
      supply: (query, signal) => supply(query, signal),
    });
  });

  const refusalOf = async (request: SupplyRequest): Promise<string> =>
    server.supply(request, call).then(
      () => 'answered',
      (error: unknown) => String(error),
    );

  it.each([
    ['made at its start', 0, 0, 'answered'],
    ['made a second before its start', -1_000, 0, 'before the start of this process; ask again'],
    ['made 60 s ago', 10_000, 70_000, 'answered'],
    ['made more than 60 s ago', 10_000, 70_001, 'more than 60 s old by the clock here'],
    ['made 60 s ahead of its clock', 60_000, 0, 'answered'],
    ['made more than 60 s ahead of its clock', 61_000, 0, 'more than 60 s ahead of the clock here'],
  ])('says of a receipt %s why it is refused, if it is', async (_, made, seen, answer) => {
    now = after(seen);
    expect(await refusalOf(asked(after(made)))).toContain(answer);
  });

  it.each<[string, Partial<Ask>]>([
    ['ASK_OF_OTHER_PARTY', { party: '0884303369' }],
    ['ASK_OF_OTHER_KIND', { kind: AccessKind.ACCESS_KIND_SELF_CONSULTATION }],
    ['ASK_OF_OTHER_CUSTOMER', { customer: '0884303369' }],
    ['ASK_OF_OTHER_PERSON', { ssin: '80610100139' }],
    ['ASK_OF_OTHER_LEGAL_CONTEXT', { legalContext: 'SPEC:OTHER' }],
    ['ASK_OF_OTHER_DATA_SERVICE', { dataService: 'other.v1' }],
    ['ASK_OF_OTHER_FIELD_GROUPS', { fieldGroups: ['some'] }],
    ['ASK_OF_OTHER_DAY', { asOfDate: { year: 2020, month: 1, day: 1 } }],
  ])('answers nothing whose ask is for another question: %s', async (reason, recorded) => {
    await expect(server.supply(asked(now, recorded), call)).rejects.toMatchObject({ reason });
    expect(store.kept).toEqual([]);
  });

  it('answers nothing whose ask names another time than its receipt', async () => {
    for (const seconds of [-1, 1])
      await expect(server.supply(asked(after(seconds * 1_000), {}, now), call)).rejects.toMatchObject({
        reason: 'ASK_OF_OTHER_TIME',
      });
    expect(store.kept).toEqual([]);
  });

  it('answers subscription also under an ask from before, which got no answer, and under none that is yet to come', async () => {
    const bySubscription = async (made: Date) => {
      const request = asked(made, { kind: AccessKind.ACCESS_KIND_DELIVERY }, now);
      const receipt = signReceipt(
        { ask: { bytes: request.ask, salt: request.askSalt }, behind: salted(Buffer.alloc(0)), time: now },
        ORIGIN,
        deliveryKey,
      );
      return server
        .supply({ ...request, receipt, requestToken: '' }, { ...call, caller: { ...exchange, name: 'subscription' } })
        .then(
          () => 'answered',
          (error: unknown): unknown => Reflect.get(Object(error), 'reason'),
        );
    };
    expect(await bySubscription(after(-3_600_000))).toBe('answered');
    expect(await bySubscription(after(1_000))).toBe('ASK_OF_OTHER_TIME');
  });

  it('answers nothing that no institution has signed, whatever the exchange says', async () => {
    const request = asked(now);
    const stranger = {
      kid: 'k1',
      privatePem: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
    const other = { ...request, ssin: '80610100139' };
    for (const [requestToken, reason] of [
      ['', 'TOKEN_MISSING'],
      [signedBy(officialKey, { ...request, customer: '0884303369' }, now), 'TOKEN_OF_OTHER_INSTITUTION'],
      [signedBy(stranger, request, now), 'TOKEN_KEY_UNKNOWN'],
      [signedBy(officialKey, other, now), 'TOKEN_OF_OTHER_PERSON'],
      [signedBy(officialKey, { ...request, fieldGroups: ['some'] }, now), 'TOKEN_OF_OTHER_FIELD_GROUPS'],
      [signedBy(officialKey, request, after(-361_000)), 'TOKEN_EXPIRED'],
    ] as const)
      await expect(server.supply({ ...request, requestToken }, call)).rejects.toMatchObject({ reason });
    expect(store.kept).toEqual([]);
    expect(await refusalOf(request)).toBe('answered');
  });

  it('keeps the receipt with its ask before the answer leaves, also when it has nothing on the person', async () => {
    const held = Promise.withResolvers<boolean>();
    const { keep } = store;
    store.keep = async (one) => (await keep(one)) && held.promise;
    supply = async () => undefined;
    const request = asked(now);
    let isAnswered = false;
    const answer = server.supply(request, call).then(() => (isAnswered = true));
    while (store.kept.length === 0) await eventLoopTurn();
    const { receipt, ask, askSalt } = request;
    expect([store.kept, isAnswered]).toEqual([[{ receipt, dataService: 'spec.v1', ask, askSalt }], false]);
    held.resolve(true);
    await answer;
  });

  it('answers nothing when the receipt cannot be kept, and for the same receipt once it can', async () => {
    const { keep } = store;
    const request = asked(now);
    store.keep = () => Promise.reject(new Error('ENOSPC'));
    await expect(server.supply(request, call)).rejects.toMatchObject({ reason: 'RECEIPT_NOT_KEPT' });
    store.keep = keep;
    expect(await refusalOf(request)).toBe('answered');
  });

  it('answers nothing for a receipt that another replica has kept', async () => {
    store.keep = async () => false;
    await expect(server.supply(asked(now), call)).rejects.toMatchObject({ reason: 'RECEIPT_REUSED' });
  });

  it('answers for a receipt once, for as long as it would be accepted', async () => {
    const request = asked(after(60_000));
    expect(await refusalOf(request)).toBe('answered');
    for (const ms of [0, 1_000, 60_000, 119_000, 120_000]) {
      now = after(ms);
      expect(await refusalOf(request)).toContain('once against a receipt');
      expect(await refusalOf(asked(now))).toBe('answered');
    }
    now = after(120_001);
    expect(await refusalOf(request)).toContain('more than 60 s old');
    expect(store.kept).toHaveLength(6);
  });

  it('answers once also when both come at the same time, and again when the first got no answer', async () => {
    const request = asked(now);
    const first = Promise.withResolvers<undefined>();
    supply = () => first.promise;
    const failing = refusalOf(request);
    expect(await refusalOf(request)).toContain('once against a receipt');
    first.reject(new Error('the database is away'));
    expect(await failing).toContain('the database is away');
    supply = async () => undefined;
    expect(await refusalOf(request)).toBe('answered');
  });

  it('keeps no receipt of an answer that is too large for a message', async () => {
    supply = async () => ({ data: { all: 'x'.repeat(1_000_000) }, sourceRevision: 1n });
    await expect(server.supply(asked(now), call)).rejects.toMatchObject({ reason: 'ANSWER_TOO_LARGE' });
    expect(store.kept).toEqual([]);
  });
});
