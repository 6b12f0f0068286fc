import type { Ask } from '@crossroads/contracts/access/v1/access_record';
import { type SupplyRequest, type SupplyResponse, SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { DEFAULT_LOG_ORIGIN, newReceiptKey, readReceiptKey, salted, signReceipt } from '@crossroads/transparency';
import { receipted } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, date, livesIn, named, nextNumber } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry, WELFARE_OFFICE } from './running-registry.js';

let registry: RunningRegistry;
let asExchange: ReturnType<RunningRegistry['sourceAs']>;
let asRegister: ReturnType<RunningRegistry['as']>;
let ssin: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  asExchange = registry.sourceAs('exchange');
  asRegister = registry.as(NATIONAL_REGISTER);
  ssin = nextNumber();
  const facts = [named('Maes'), born('1985-07-30'), livesIn('Meir', '2010-01-01')];
  await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts });
  const moved = {
    requestId: newRequestId(),
    ssin,
    facts: [livesIn('Coupure', '2020-01-01')],
    expectedSourceRevision: 1n,
  };
  await asRegister.changePerson(moved);
}, 90_000);
afterAll(() => registry.close(), 30_000);

const PARTY = 'service:person-registry';

/** What the exchange sends when all is well; `recorded` is what its ask says instead. */
const asked = (request: Partial<SupplyRequest> = {}, recorded: Partial<Ask> = {}, time = new Date()): SupplyRequest => {
  const question = {
    ssin,
    dataService: 'person.identification.v1',
    fieldGroups: ['name', 'address'],
    customer: WELFARE_OFFICE,
    legalContext: 'PCSA:SOCIAL_INQUIRY',
    ...request,
  };
  return receipted(question, PARTY, registry.receiptKey, recorded, time);
};

const reasonOf = async (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof RemoteError ? error.reason : String(error)),
  );

/** What came by place, and how the call ended. */
const suppliedTogether = async (requests: SupplyRequest[]) => {
  const answers = new Map<number, SupplyResponse | undefined>();
  const receive = async () => {
    for await (const { index, response } of asExchange.supplyMany({ requests })) answers.set(index, response);
    return 'ended';
  };
  const ending = await receive().catch((error: unknown) =>
    error instanceof RemoteError ? error.reason : String(error),
  );
  return { answers, ending };
};

describe('the registry as a source', () => {
  it('supplies the field groups that are asked for, with the revision', async () => {
    expect(await asExchange.supply(asked())).toEqual({
      status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND,
      ssin,
      data: {
        name: { familyNames: ['Maes'], givenNames: ['Marie'] },
        address: {
          street: 'Coupure',
          houseNumber: '12',
          postalCode: '3000',
          municipalityCode: '24062',
          municipality: 'Leuven',
          countryCode: 'BEL',
          since: '2020-01-01',
        },
      },
      sourceRevision: 2n,
    });
    const { data } = await asExchange.supply(asked({ fieldGroups: ['birth', 'no such group'] }));
    expect(data).toEqual({ birth: { date: '1985-07-30' } });
  });

  it('tells no more than the municipality where no more is asked for', async () => {
    const { data } = await asExchange.supply(asked({ fieldGroups: ['municipality'] }));
    expect(data).toEqual({
      address: {
        postalCode: '3000',
        municipalityCode: '24062',
        municipality: 'Leuven',
        countryCode: 'BEL',
        since: '2020-01-01',
      },
    });
  });

  it('answers as of the day asked about', async () => {
    const { data } = await asExchange.supply(asked({ fieldGroups: ['address'], asOfDate: date('2015-01-01') }));
    expect(data).toMatchObject({ address: { street: 'Meir', since: '2010-01-01' } });
  });

  it('finds nothing where there is nobody, or nobody any more', async () => {
    const canceled = nextNumber();
    await asRegister.registerPerson({ requestId: newRequestId(), ssin: canceled, facts: [named('Nemo')] });
    await registry.cancel(canceled);
    for (const nobody of [nextNumber(), canceled]) {
      const { status, data, sourceRevision } = await asExchange.supply(asked({ ssin: nobody }));
      expect({ status, data, sourceRevision }).toEqual({
        status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND,
        data: undefined,
        sourceRevision: 0n,
      });
    }
  });

  it('answers by a replaced number with what the replacing one leads to', async () => {
    const old = nextNumber();
    await asRegister.registerPerson({ requestId: newRequestId(), ssin: old, facts: [named('Nemo')] });
    await registry.merge(old, ssin);
    const answer = await asExchange.supply(asked({ ssin: old, fieldGroups: ['name'] }));
    expect(answer).toMatchObject({ ssin: old, data: { name: { familyNames: ['Maes'] } }, sourceRevision: 2n });
    await registry.unreplace(old);
  });

  it('answers for a receipt once', async () => {
    const question = asked();
    expect(await reasonOf(asExchange.supply(question))).toBe('answered');
    expect(await reasonOf(asExchange.supply(question))).toBe('RECEIPT_REUSED');
    const { answers, ending } = await suppliedTogether([question, asked()]);
    expect([[...answers.keys()], ending]).toEqual([[1], 'RECEIPT_REUSED']);
  });

  const stranger = readReceiptKey(newReceiptKey('consultation').privatePem);
  const good = () => asked();
  /** A good question, with another receipt for its ask. */
  const receiptedAnew = (origin = DEFAULT_LOG_ORIGIN, key = registry.receiptKey): SupplyRequest => {
    const request = good();
    const release = {
      ask: { bytes: request.ask, salt: request.askSalt },
      behind: salted(Buffer.alloc(0)),
      time: request.receipt?.time ?? new Date(),
    };
    return { ...request, receipt: signReceipt(release, origin, key) };
  };
  const in2Minutes = (sign: 1 | -1) => new Date(Date.now() + sign * 120_000);
  it.each<[string, () => SupplyRequest]>([
    ['RECEIPT_MISSING', () => ({ ...good(), receipt: undefined })],
    ['RECEIPT_KEY_UNKNOWN', () => receiptedAnew(DEFAULT_LOG_ORIGIN, stranger)],
    [
      'RECEIPT_SIGNATURE',
      () => {
        const request = good();
        return { ...request, receipt: request.receipt && { ...request.receipt, logOrigin: 'elsewhere' } };
      },
    ],
    ['RECEIPT_OF_OTHER_ORIGIN', () => receiptedAnew('crossroads.test/2019')],
    ['RECEIPT_TOO_OLD', () => asked({}, {}, in2Minutes(-1))],
    ['RECEIPT_IN_FUTURE', () => asked({}, {}, in2Minutes(1))],
    ['COMMITMENT_NOT_OPENED', () => ({ ...good(), askSalt: Buffer.alloc(32) })],
    ['COMMITMENT_NOT_OPENED', () => ({ ...good(), ask: Buffer.from('x') })],
    ['ASK_OF_OTHER_PARTY', () => asked({}, { party: NATIONAL_REGISTER })],
    ['ASK_OF_OTHER_CUSTOMER', () => asked({}, { customer: NATIONAL_REGISTER })],
    ['ASK_OF_OTHER_PERSON', () => asked({}, { ssin: nextNumber() })],
    ['ASK_OF_OTHER_LEGAL_CONTEXT', () => asked({}, { legalContext: 'PCSA:OTHER' })],
    ['ASK_OF_OTHER_DATA_SERVICE', () => asked({}, { dataService: 'employment.wages.v1' })],
    ['ASK_OF_OTHER_FIELD_GROUPS', () => asked({}, { fieldGroups: ['name'] })],
    ['TOKEN_MISSING', () => ({ ...good(), requestToken: '' })],
    ['TOKEN_OF_OTHER_PERSON', () => ({ ...good(), requestToken: asked({ ssin: nextNumber() }).requestToken })],
    ['UNKNOWN_DATA_SERVICE', () => asked({ dataService: 'employment.wages.v1' })],
  ])('supplies nothing, not beside others either: %s', async (reason, request) => {
    expect(await reasonOf(asExchange.supply(request()))).toBe(reason);
    const { answers, ending } = await suppliedTogether([request(), asked()]);
    expect([...answers.keys()]).toEqual([1]);
    expect(ending).toBe(reason);
  });

  it('supplies several in one call, each as if it were alone', async () => {
    const other = nextNumber();
    await asRegister.registerPerson({ requestId: newRequestId(), ssin: other, facts: [named('Peeters')] });
    const nobody = nextNumber();
    const questions = () => [asked({ fieldGroups: ['name'] }), asked({ ssin: other }), asked({ ssin: nobody })];
    const { answers, ending } = await suppliedTogether(questions());
    expect(ending).toBe('ended');
    expect(answers).toEqual(
      new Map(await Promise.all(questions().map(async (one, n) => [n, await asExchange.supply(one)] as const))),
    );
    expect(answers.get(1)?.data).toEqual({ name: { familyNames: ['Peeters'], givenNames: ['Marie'] } });
  });

  it.each([
    ['none', 0, 'REQUIRED'],
    ['more than a hundred', 101, 'TOO_MANY'],
  ])('refuses %s at once', async (_, count, reason) => {
    const requests = Array.from({ length: count }, () => asked());
    await expect(asExchange.supplyMany({ requests })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      violations: [{ field: 'requests', reason }],
    });
  });

  it.each<[string, string, Partial<SupplyRequest>]>([
    ['ssin', 'SSIN_CHECKSUM', { ssin: '62691699718' }],
    ['ssin', 'REQUIRED', { ssin: '' }],
    ['field_groups', 'REQUIRED', { fieldGroups: [] }],
    ['data_service', 'REQUIRED', { dataService: '' }],
    ['customer', 'REQUIRED', { customer: '' }],
    ['as_of_date', 'INVALID_DATE', { asOfDate: { year: 2020, month: 2, day: 30 } }],
  ])('refuses a bad %s: %s', async (field, reason, change) => {
    await expect(asExchange.supply({ ...asked(), ...change })).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      violations: [{ field, reason }],
    });
  });

  it('answers subscription only against receipts for deliveries', async () => {
    const asSubscription = registry.sourceAs('subscription');
    const refusal = await asSubscription.supply(asked()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: 'RECEIPT_OF_OTHER_USE' });
    expect(String(refusal)).toContain('registered for another use');
  });

  it('answers nobody but the exchange and subscription', async () => {
    for (const name of [NATIONAL_REGISTER, 'reference-directory']) {
      const other = registry.sourceAs(name);
      expect(await reasonOf(other.supply(asked()))).toBe('CALLER_NOT_ALLOWED');
      const together = other
        .supplyMany({ requests: [asked()] })
        [Symbol.asyncIterator]()
        .next();
      expect(await reasonOf(together)).toBe('CALLER_NOT_ALLOWED');
    }
  });

  it('answers no receipt from before its start', async () => {
    const before = asked();
    expect(await registry.stop()).toBe(0);
    await registry.launch();
    // On a slow machine the start takes longer than a receipt lives.
    expect(await reasonOf(registry.sourceAs('exchange').supply(before))).toMatch(/^RECEIPT_(BEFORE_START|TOO_OLD)$/);
    expect(await reasonOf(registry.sourceAs('exchange').supply(asked()))).toBe('answered');
  }, 60_000);
});
