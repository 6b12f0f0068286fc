import { Address, Birth, type Fact, Name } from '@crossroads/contracts/person/v1/person';
import { newRequestId } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { born, civilStatus, died, gender, livesIn, named, nationality, nextNumber, related, since } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  asRegister = registry.as(NATIONAL_REGISTER);
}, 90_000);
afterAll(() => registry.close(), 30_000);

const DAY_MS = 86_400_000;
const someone = nextNumber();

/** CBSS's own issue types; the check number of all but the second is right. */
const badNumbers: readonly (readonly [string, string, string])[] = [
  ['missing', '', 'REQUIRED'],
  ['a wrong check number', '81043103522', 'SSIN_CHECKSUM'],
  ['month 13', '81130103578', 'SSIN_IMPOSSIBLE_DATE'],
  ['29 February of no leap year', '81022903534', 'SSIN_IMPOSSIBLE_DATE'],
  ['counter 000', '47060200096', 'SSIN_COUNTER'],
  ['counter 999', '99020299964', 'SSIN_COUNTER'],
  ['dots and dashes', '85.07.30-033 28', 'SSIN_MALFORMED'],
  ['ten digits', '8507300332', 'SSIN_MALFORMED'],
  ['other digits', '٨٥٠٧٣٠٠٣٣٢٨', 'SSIN_MALFORMED'],
  ['a very long text', '9'.repeat(100_000), 'SSIN_MALFORMED'],
];

const PROPOSAL = newRequestId();

const rpcs = {
  registerPerson: (ssin: string, requestId = newRequestId()) =>
    asRegister.registerPerson({ requestId, ssin, facts: [named('Maes')] }),
  changePerson: (ssin: string, requestId = newRequestId()) =>
    asRegister.changePerson({ requestId, ssin, facts: [named('Maes')], expectedSourceRevision: 0n }),
  replaceSsin: (ssin: string, requestId = newRequestId()) =>
    asRegister.replaceSsin({ requestId, ssin, replacingSsin: nextNumber() }),
  unreplaceSsin: (ssin: string, requestId = newRequestId()) => asRegister.unreplaceSsin({ requestId, ssin }),
  proposeMerge: (ssin: string, requestId = newRequestId()) =>
    asRegister.proposeMerge({ requestId, ssin, replacingSsin: nextNumber() }),
  proposeCancellation: (ssin: string, requestId = newRequestId()) =>
    asRegister.proposeCancellation({ requestId, ssin }),
  confirmProposal: (ssin: string, requestId = newRequestId()) =>
    asRegister.confirmProposal({ requestId, proposalId: PROPOSAL, ssin, replacingSsin: '' }),
};

describe.each(Object.entries(rpcs))('%s', (_, call) => {
  it.each(badNumbers)('refuses a number with %s', async (_what, ssin, reason) => {
    await expect(call(ssin)).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      violations: [{ field: 'ssin', reason }],
    });
  });

  it.each([
    ['missing', '', 'REQUIRED'],
    ['no UUID', 'one', 'MALFORMED_REQUEST_ID'],
    ['random', '7c0b3c9e-2f0a-4c57-9d7b-3b6b8f7d2a11', 'MALFORMED_REQUEST_ID'],
    ['36 days old', newRequestId(Date.now() - 36 * DAY_MS), 'REQUEST_ID_TOO_OLD'],
    ['of tomorrow', newRequestId(Date.now() + DAY_MS), 'REQUEST_ID_IN_FUTURE'],
  ])('refuses a request id that is %s', async (_what, requestId, reason) => {
    await expect(call(nextNumber(), requestId)).rejects.toMatchObject({
      reason: 'INVALID_INPUT',
      violations: [{ field: 'request_id', reason }],
    });
  });
});

describe('replaceSsin', () => {
  it.each(badNumbers)('refuses a replacing number with %s', async (_what, replacingSsin, reason) => {
    await expect(
      asRegister.replaceSsin({ requestId: newRequestId(), ssin: someone, replacingSsin }),
    ).rejects.toMatchObject({
      violations: [{ field: 'replacing_ssin', reason }],
    });
  });
});

const empty: Fact = { period: undefined, fact: undefined };
const tomorrow = new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10);

const badFacts: readonly (readonly [string, string, string, Fact])[] = [
  ['no fact', 'facts[0]', 'REQUIRED', empty],
  [
    'an end before its begin',
    'facts[0].period.end_date',
    'INVALID_PERIOD',
    livesIn('Meir', '2020-01-02', '2020-01-01'),
  ],
  ['a begin that is no day', 'facts[0].period.start_date', 'INVALID_DATE', livesIn('Meir', '2020-02-30')],
  ['a begin that is incomplete', 'facts[0].period.start_date', 'INVALID_DATE', livesIn('Meir', '2020-02-00')],
  ['no name', 'facts[0].name', 'REQUIRED', { ...empty, fact: { $case: 'name', value: Name.fromPartial({}) } }],
  ['an empty name', 'facts[0].name.family_names[0]', 'REQUIRED', named(' ')],
  ['a name with a NUL', 'facts[0].name.family_names[0]', 'UNPRINTABLE', named('Ma\u0000es')],
  ['a name without end', 'facts[0].name.family_names[0]', 'TOO_LONG', named('x'.repeat(201))],
  [
    'too many names',
    'facts[0].name.given_names',
    'TOO_MANY',
    {
      ...empty,
      fact: {
        $case: 'name',
        value: Name.fromPartial({ familyNames: ['Maes'], givenNames: Array<string>(21).fill('Jan') }),
      },
    },
  ],
  [
    'a birth without a date',
    'facts[0].birth.date',
    'REQUIRED',
    { ...empty, fact: { $case: 'birth', value: Birth.fromPartial({}) } },
  ],
  ['a birth on a day without a month', 'facts[0].birth.date', 'INVALID_DATE', born('1985-00-30')],
  ['a birth in month 13', 'facts[0].birth.date', 'INVALID_DATE', born('1985-13-01')],
  ['a birth in the future', 'facts[0].birth.date', 'DATE_IN_FUTURE', born(tomorrow)],
  ['a death in the future', 'facts[0].death.date', 'DATE_IN_FUTURE', died(tomorrow)],
  ['a gender that is no code', 'facts[0].gender.gender_code', 'INVALID_CODE', gender(3)],
  ['a civil status that is no code', 'facts[0].civil_status.civil_status_code', 'INVALID_CODE', civilStatus('married')],
  ['no civil status', 'facts[0].civil_status.civil_status_code', 'REQUIRED', civilStatus('')],
  [
    'a partner whose number is wrong',
    'facts[0].civil_status.partner_ssin',
    'SSIN_CHECKSUM',
    civilStatus('20', undefined, '81043103522'),
  ],
  [
    'oneself as a partner',
    'facts[0].civil_status.partner_ssin',
    'RELATED_TO_ITSELF',
    civilStatus('20', undefined, someone),
  ],
  ['a nationality that is no code', 'facts[0].nationality.nationality_code', 'INVALID_CODE', nationality('BEL')],
  [
    'a relation that is no code',
    'facts[0].family_relation.relation_code',
    'INVALID_CODE',
    related('FRIEND', nextNumber()),
  ],
  ['a relative without a number', 'facts[0].family_relation.relative_ssin', 'REQUIRED', related('CHILD', '')],
  ['oneself as a child', 'facts[0].family_relation.relative_ssin', 'RELATED_TO_ITSELF', related('CHILD', someone)],
  [
    'an address without anything',
    'facts[0].address',
    'REQUIRED',
    {
      ...empty,
      fact: { $case: 'address', value: Address.fromPartial({}) },
    },
  ],
  [
    'a municipality that is no code',
    'facts[0].address.municipality_code',
    'INVALID_CODE',
    {
      period: since('2020-01-01'),
      fact: {
        $case: 'address',
        value: Address.fromPartial({ street: 'Meir', municipalityCode: '240' }),
      },
    },
  ],
];

describe.each(['registerPerson', 'changePerson'] as const)('a fact in %s', (rpc) => {
  const send = (facts: readonly Fact[]) =>
    rpc === 'registerPerson'
      ? asRegister.registerPerson({ requestId: newRequestId(), ssin: someone, facts })
      : asRegister.changePerson({ requestId: newRequestId(), ssin: someone, facts, expectedSourceRevision: 0n });

  it.each(badFacts)('is refused with %s', async (_what, field, reason, fact) => {
    await expect(send([fact])).rejects.toMatchObject({ reason: 'INVALID_INPUT', violations: [{ field, reason }] });
  });

  it('is refused when there are none, too many, or more than a message holds', async () => {
    await expect(send([])).rejects.toMatchObject({ violations: [{ field: 'facts', reason: 'REQUIRED' }] });
    await expect(send(Array(201).fill(named('Maes')))).rejects.toMatchObject({
      violations: [{ field: 'facts', reason: 'TOO_MANY' }],
    });
    await expect(send([named('x'.repeat(5_000_000))])).rejects.toMatchObject({ reason: 'MESSAGE_TOO_LARGE' });
  });

  it('says all that is wrong at once', async () => {
    await expect(send([gender(3), nationality('BEL')])).rejects.toMatchObject({
      violations: [{ field: 'facts[0].gender.gender_code' }, { field: 'facts[1].nationality.nationality_code' }],
    });
  });
});

describe('whoever calls', () => {
  it('is refused with a key that nobody registered', async () => {
    const shadow = registry.as('unregistered');
    await expect(shadow.unreplaceSsin({ requestId: newRequestId(), ssin: someone })).rejects.toMatchObject({
      reason: 'KEY_NOT_REGISTERED',
    });
  });

  it('is refused as a service of the mesh', async () => {
    const exchange = registry.as('exchange');
    await expect(exchange.proposeCancellation({ requestId: newRequestId(), ssin: someone })).rejects.toMatchObject({
      reason: 'CALLER_NOT_ALLOWED',
    });
  });

  it('never learns a number from an answer or the log, where bad input is no error', async () => {
    const secret = '81043103522';
    const told = await rpcs.proposeCancellation(secret).catch((error: unknown) => String(error));
    expect(told).not.toContain(secret);
    expect(registry.output).not.toContain(secret);
    expect(registry.output).not.toContain('"level":"error"');
  });
});
