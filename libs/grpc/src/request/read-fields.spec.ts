import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { violationsOf } from '../testing/violations.js';
import {
  type Read,
  readDay,
  readEmployerId,
  readEnterpriseNumber,
  readEstablishmentNumber,
  readFields,
  readIncompleteDate,
  readInscriptionContext,
  readInstant,
  readLegalContext,
  readList,
  readOptional,
  readPageSize,
  readPeriod,
  readRequestId,
  readSsin,
  readText,
  readUuid,
} from './read-fields.js';

const now = Date.UTC(2026, 10, 22, 12);
const context = { mode: 'development', today: '2026-11-22' as IsoDay } as const;

const reasonsOf = (read: Read<unknown>): string[] => (read.ok ? [] : read.violations.map(({ reason }) => reason));

describe('fields that are read one by one', () => {
  it('have their own types when all are valid', () => {
    const read = readFields({
      ssin: readSsin('ssin', '81050103522', context),
      customer: readEnterpriseNumber('customer', '0884303369'),
      period: readPeriod({ startDate: { year: 2026, month: 1, day: 1 } }),
      note: readOptional('', (raw) => readText('note', raw, { max: 10 })),
      size: readPageSize(5_000),
    });
    expect(read).toEqual({
      ssin: '81050103522',
      customer: '0884303369',
      period: { start: '2026-01-01' },
      note: undefined,
      size: 1000,
    });
  });

  it('are all named when they are invalid, without their values', () => {
    const read = () =>
      readFields({
        ssin: readSsin('person.ssin', '81050103521', context),
        others: readList('others', ['81050103522', 'x'], { max: 5 }, (at, raw) => readSsin(at, raw, context)),
        period: readPeriod(
          { startDate: { year: 2026, month: 2, day: 1 }, endDate: { year: 2026, month: 1, day: 31 } },
          'period.',
        ),
      });
    expect(violationsOf(read)).toEqual([
      { field: 'person.ssin', reason: 'SSIN_CHECKSUM' },
      { field: 'others[1]', reason: 'SSIN_MALFORMED' },
      { field: 'period.end_date', reason: 'INVALID_PERIOD' },
    ]);
    expect(read).toThrow(expect.not.stringContaining('81050103521'));
  });

  it.each<[string, Read<unknown>, string[]]>([
    ['an SSIN that is absent', readSsin('f', '', context), ['REQUIRED']],
    [
      'a test number in production',
      readSsin('f', '62691699717', { ...context, mode: 'production' }),
      ['SSIN_TEST_NUMBER_IN_PRODUCTION'],
    ],
    ['an enterprise number', readEnterpriseNumber('f', '0884303370'), ['ENTERPRISE_NUMBER_CHECKSUM']],
    ['an establishment', readEstablishmentNumber('f', '0884303369'), ['ESTABLISHMENT_NUMBER_MALFORMED']],
    ['an employer', readEmployerId('f', '196'), ['EMPLOYER_ID_MALFORMED']],
    ['a legal context', readLegalContext('f', 'social inquiry'), ['MALFORMED_CONTEXT']],
    ['an inscription context', readInscriptionContext('f', ''), ['REQUIRED']],
    ['a day', readDay('f', { year: 2026, month: 2, day: 29 }), ['INVALID_DATE']],
    ['a day with an unknown part', readDay('f', { year: 2026, month: 2, day: 0 }), ['INVALID_DATE']],
    ['a day far away', readDay('f', { year: -5, month: 2, day: 1 }), ['INVALID_DATE']],
    ['an incomplete date', readIncompleteDate('f', { year: 2026, month: 0, day: 3 }), ['INVALID_DATE']],
    [
      'two wrong days',
      readPeriod({ startDate: { year: 0, month: 1, day: 1 }, endDate: { year: 1, month: 13, day: 1 } }),
      ['INVALID_DATE', 'INVALID_DATE'],
    ],
    ['a UUID', readUuid('f', '123'), ['MALFORMED_UUID']],
    ['a request id', readRequestId('x', now), ['MALFORMED_REQUEST_ID']],
    ['blank text', readText('f', ' \n', { max: 5 }), ['REQUIRED']],
    ['long text', readText('f', '123456', { max: 5 }), ['TOO_LONG']],
    ['text with NUL', readText('f', 'a\u0000', { max: 5 }), ['UNPRINTABLE']],
    ['text that was no UTF-8', readText('f', 'a\ufffd', { max: 5 }), ['UNPRINTABLE']],
    ['an instant', readInstant('f', new Date(Number.NaN)), ['INVALID_INSTANT']],
    ['no instant', readInstant('f', undefined), ['REQUIRED']],
    ['a page size', readPageSize(-1), ['INVALID_PAGE_SIZE']],
    ['an empty list', readList('f', [], { max: 1 }, () => readUuid('f', '')), ['REQUIRED']],
    ['a long list', readList('f', [1, 2], { max: 1 }, () => readUuid('f', '')), ['TOO_MANY']],
  ])('%s is refused', (_what, read, reasons) => {
    expect(reasonsOf(read)).toEqual(reasons);
  });
});
