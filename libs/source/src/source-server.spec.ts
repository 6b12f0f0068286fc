import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { newReceiptKey, readReceiptKey, readReceiptKeys, salted, signReceipt } from '@crossroads/transparency';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SourceServer } from './source-server.js';

const ORIGIN = 'crossroads.test/2026';
const START = new Date('2026-05-01T12:00:00Z');
const made = newReceiptKey('consultation');
const key = readReceiptKey(made.privatePem);
const keys = readReceiptKeys(JSON.stringify(made.published));
const exchange = { kind: 'service', name: 'exchange', spki: 'key' } as const;
const call = { caller: exchange, signal: new AbortController().signal };
const after = (ms: number): Date => new Date(START.getTime() + ms);

let tickets = 0;

/** A question whose receipt was made at an instant. */
const asked = (time: Date): SupplyRequest => {
  const question = {
    ticket: `ticket-${++tickets}`,
    ssin: '62691699717',
    customer: '0206731645',
    legalContext: 'SPEC:ANY',
  };
  const service = { dataService: 'spec.v1', fieldGroups: ['all'] };
  const { ssin, ...named } = question;
  const fields = AccessRecord.fromPartial({ recordVersion: 1, ...named, ssins: [ssin], services: [service] });
  const record = salted(AccessRecord.encode(fields).finish());
  return SupplyRequest.fromPartial({
    ...question,
    ...service,
    receipt: signReceipt(record, time, ORIGIN, key),
    record: Buffer.from(record.bytes),
    recordSalt: Buffer.from(record.salt),
  });
};

describe('a source', () => {
  let now: Date;
  let server: SourceServer;

  beforeEach(() => {
    now = START;
    server = new SourceServer({
      dataServices: ['spec.v1'],
      receipts: { keys, origin: ORIGIN, now: () => now },
      validation: () => ({ mode: 'development', today: '2026-05-01' }) as never,
      supply: async () => ({ data: { all: 1 }, sourceRevision: 1n }),
    });
  });

  const refusalOf = async (request: SupplyRequest): Promise<string> =>
    server.supply(request, call).then(
      () => 'answered',
      (error: unknown) => String(error),
    );

  it.each([
    ['made at its start', 0, 0, 'answered'],
    ['made a millisecond before its start', -1, 0, 'before the start of this process; ask again'],
    ['made 60 s ago', 10_000, 70_000, 'answered'],
    ['made more than 60 s ago', 10_000, 70_001, 'more than 60 s old by the clock here'],
    ['made 60 s ahead of its clock', 60_000, 0, 'answered'],
    ['made more than 60 s ahead of its clock', 60_001, 0, 'more than 60 s ahead of the clock here'],
  ])('says of a receipt %s why it is refused, if it is', async (_, made, seen, answer) => {
    now = after(seen);
    expect(await refusalOf(asked(after(made)))).toContain(answer);
  });
});
