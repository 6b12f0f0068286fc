import { newRequestId } from './request-id.js';
import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { InvalidInput } from '../errors/failures.js';
import { violationsOf } from '../testing/violations.js';
import * as fields from './fields.js';
import { parseRequest, perContext, type ValidationContext } from './parse-request.js';

const context: ValidationContext = { mode: 'development', today: '2026-11-22' as IsoDay };

const serviceRequest = fields.message({
  dataService: fields.text({ max: 10 }),
  fieldGroups: fields.list(fields.text({ max: 5 }), { min: 0, max: 2 }),
});

const schemaOf = perContext((given) =>
  fields.message({
    requestId: fields.requestId,
    customer: fields.optional(fields.enterpriseNumber),
    ssin: fields.ssin(given),
    legalContext: fields.legalContext,
    dataServices: fields.list(serviceRequest, { max: 2 }),
    period: fields.period,
    asOfDate: fields.optional(fields.day),
    pageSize: fields.pageSize({ usual: 50, max: 200 }),
  }),
);

const good = {
  requestId: newRequestId(),
  customer: '',
  ssin: '81050103522',
  legalContext: 'PCSA:SOCIAL_INQUIRY',
  dataServices: [{ dataService: 'person.v1', fieldGroups: ['name'] }],
  period: { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined },
  asOfDate: undefined,
  pageSize: 1_000,
};

describe('a request that is parsed by a schema', () => {
  it('has every field in its own type when all are good', () => {
    expect(parseRequest(schemaOf(context), good)).toEqual({
      requestId: good.requestId,
      ssin: '81050103522',
      legalContext: 'PCSA:SOCIAL_INQUIRY',
      dataServices: [{ dataService: 'person.v1', fieldGroups: ['name'] }],
      period: { start: '2026-01-01' },
      pageSize: 200,
    });
  });

  it('is refused with every field that is wrong, by its path in the proto file', () => {
    const bad = {
      ...good,
      requestId: 'x',
      customer: '0884303370',
      ssin: '81050103521',
      legalContext: '',
      dataServices: [
        { dataService: 'person.v1', fieldGroups: ['name', 'too long'] },
        { dataService: '', fieldGroups: ['1', '2', '3'] },
      ],
      period: { startDate: { year: 2026, month: 2, day: 1 }, endDate: { year: 2026, month: 1, day: 31 } },
      asOfDate: { year: 2026, month: 2, day: 29 },
      pageSize: -1,
    };
    expect(violationsOf(() => parseRequest(schemaOf(context), bad))).toEqual([
      { field: 'request_id', reason: 'MALFORMED_REQUEST_ID' },
      { field: 'customer', reason: 'ENTERPRISE_NUMBER_CHECKSUM' },
      { field: 'ssin', reason: 'SSIN_CHECKSUM' },
      { field: 'legal_context', reason: 'REQUIRED' },
      { field: 'data_services[0].field_groups[1]', reason: 'TOO_LONG' },
      { field: 'data_services[1].data_service', reason: 'REQUIRED' },
      { field: 'data_services[1].field_groups', reason: 'TOO_MANY' },
      { field: 'period.end_date', reason: 'INVALID_PERIOD' },
      { field: 'as_of_date', reason: 'INVALID_DATE' },
      { field: 'page_size', reason: 'INVALID_PAGE_SIZE' },
    ]);
  });

  it('is refused with the rule and the way out, and without the value', () => {
    const parse = () => parseRequest(fields.message({ ssin: fields.ssin(context) }), { ssin: '81050103521' });
    expect(parse).toThrow(InvalidInput);
    expect(parse).toThrow('ssin: the last two digits of an SSIN are');
    expect(parse).toThrow(expect.not.stringContaining('81050103521'));
  });

  it('is refused when a message in it is absent, with what is needed there', () => {
    const schema = fields.message({ range: fields.message({ days: fields.period }, 'the range') });
    expect(() => parseRequest(schema, { range: undefined })).toThrow('range: needed: the range');
    expect(violationsOf(() => parseRequest(schema, { range: undefined }))).toEqual([
      { field: 'range', reason: 'REQUIRED' },
    ]);
  });

  describe('with a oneof', () => {
    const dates = fields.message({ startDates: fields.list(fields.day, { max: 2 }), id: fields.uuid });
    const persons = { named: dates, allInscribed: fields.message({}) };
    const schema = fields.message({
      to: fields.list(fields.message({ persons: fields.oneof(persons) }), {
        max: 3,
      }),
    });

    it('has the field that is set in its own type', () => {
      const to = [{ persons: { $case: 'allInscribed', value: {} } } as const];
      expect(parseRequest(schema, { to })).toEqual({ to });
    });

    it('is refused by paths without the name of the oneof', () => {
      const startDates = [{ year: 2026, month: 2, day: 30 }];
      const named = { persons: { $case: 'named', value: { startDates, id: '' } } } as const;
      expect(violationsOf(() => parseRequest(schema, { to: [{ persons: undefined }, named] }))).toEqual([
        { field: 'to[0]', reason: 'REQUIRED' },
        { field: 'to[1].named.start_dates[0]', reason: 'INVALID_DATE' },
        { field: 'to[1].named.id', reason: 'REQUIRED' },
      ]);
    });

    it('can be refused by the name of the oneof when nothing is set', () => {
      const oneof = fields.oneof(persons, { refuse: 'oneof' });
      expect(violationsOf(() => parseRequest(fields.message({ persons: oneof }), { persons: undefined }))).toEqual([
        { field: 'persons', reason: 'REQUIRED' },
      ]);
    });
  });

  it('is refused by the path inside a JSON value, unchanged', () => {
    const schema = fields.message({
      jsonSchema: fields.field((_: object, refuse) => refuse('RECURSIVE', 'no reference to itself', 'allOf.0.$ref')),
    });
    expect(violationsOf(() => parseRequest(schema, { jsonSchema: {} }))).toEqual([
      { field: 'json_schema.allOf.0.$ref', reason: 'RECURSIVE' },
    ]);
  });

  it('may leave a period out, which is open on both sides then', () => {
    expect(parseRequest(fields.message({ period: fields.period }), { period: undefined })).toEqual({ period: {} });
  });

  it('is judged by the mode and the day of its context, also when they change', () => {
    const testNumber = { ...good, ssin: '62691699717' };
    expect(parseRequest(schemaOf(context), testNumber)).toMatchObject({ ssin: '62691699717' });
    expect(violationsOf(() => parseRequest(schemaOf({ ...context, mode: 'production' }), testNumber))).toEqual([
      { field: 'ssin', reason: 'SSIN_TEST_NUMBER_IN_PRODUCTION' },
    ]);
    const bornLater = schemaOf({ ...context, today: '1981-04-30' as IsoDay });
    expect(violationsOf(() => parseRequest(bornLater, good))).toEqual([{ field: 'ssin', reason: 'SSIN_FUTURE_DATE' }]);
    expect(schemaOf(context)).toBe(schemaOf({ ...context }));
  });
});

const messageOf = <Schema extends z.ZodType>(schema: Schema, field: z.input<Schema>) => ({
  schema: fields.message({ field: schema }),
  request: { field },
});

describe('a field', () => {
  it.each([
    ['an SSIN that is absent', messageOf(fields.ssin(context), ''), ['REQUIRED']],
    [
      'a test number in production',
      messageOf(fields.ssin({ ...context, mode: 'production' }), '62691699717'),
      ['SSIN_TEST_NUMBER_IN_PRODUCTION'],
    ],
    ['an enterprise number', messageOf(fields.enterpriseNumber, '0884303370'), ['ENTERPRISE_NUMBER_CHECKSUM']],
    ['an establishment', messageOf(fields.establishmentNumber, '0884303369'), ['ESTABLISHMENT_NUMBER_MALFORMED']],
    ['an employer', messageOf(fields.employerId, '196'), ['EMPLOYER_ID_MALFORMED']],
    ['a legal context', messageOf(fields.legalContext, 'social inquiry'), ['MALFORMED_CONTEXT']],
    ['an inscription context', messageOf(fields.inscriptionContext, ''), ['REQUIRED']],
    ['a day', messageOf(fields.day, { year: 2026, month: 2, day: 29 }), ['INVALID_DATE']],
    ['a day with an unknown part', messageOf(fields.day, { year: 2026, month: 2, day: 0 }), ['INVALID_DATE']],
    ['a day far away', messageOf(fields.day, { year: -5, month: 2, day: 1 }), ['INVALID_DATE']],
    ['an incomplete date', messageOf(fields.incompleteDate, { year: 2026, month: 0, day: 3 }), ['INVALID_DATE']],
    [
      'a period of two wrong days',
      messageOf(fields.period, {
        startDate: { year: 0, month: 1, day: 1 },
        endDate: { year: 1, month: 13, day: 1 },
      }),
      ['INVALID_DATE', 'INVALID_DATE'],
    ],
    ['a UUID', messageOf(fields.uuid, '123'), ['MALFORMED_UUID']],
    ['a request id', messageOf(fields.requestId, 'x'), ['MALFORMED_REQUEST_ID']],
    ['blank text', messageOf(fields.text({ max: 5 }), ' \n'), ['REQUIRED']],
    ['long text', messageOf(fields.text({ max: 5 }), '123456'), ['TOO_LONG']],
    ['text with NUL', messageOf(fields.text({ max: 5 }), 'a\u0000'), ['UNPRINTABLE']],
    ['text that was no UTF-8', messageOf(fields.text({ max: 5 }), 'a\ufffd'), ['UNPRINTABLE']],
    ['an instant', messageOf(fields.instant, new Date(Number.NaN)), ['INVALID_INSTANT']],
    ['no instant', messageOf(fields.instant, undefined), ['REQUIRED']],
    ['a page size', messageOf(fields.pageSize(), -1), ['INVALID_PAGE_SIZE']],
    ['an empty list', messageOf(fields.list(fields.uuid, { max: 1 }), []), ['REQUIRED']],
    ['a long list', messageOf(fields.list(fields.uuid, { max: 1 }), ['1', '2']), ['TOO_MANY']],
    [
      'a value by the rule that it chooses',
      messageOf(
        fields.byValue((raw: string) => (raw.startsWith('0') ? fields.enterpriseNumber : fields.uuid)),
        '0884303370',
      ),
      ['ENTERPRISE_NUMBER_CHECKSUM'],
    ],
  ])('is refused when it is wrong: %s', (_what, { schema, request }, reasons) => {
    const violations = violationsOf(() => parseRequest(schema as z.ZodType, request));
    expect(violations.map(({ reason }) => reason)).toEqual(reasons);
  });

  it('can be passed on as it came once it is valid', () => {
    const period = { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined };
    const schema = fields.message({ period: fields.unchanged(fields.period) });
    expect(parseRequest(schema, { period })).toEqual({ period });
    const noDay = { ...period, startDate: { year: 2026, month: 2, day: 30 } };
    expect(violationsOf(() => parseRequest(schema, { period: noDay }))).toEqual([
      { field: 'period.start_date', reason: 'INVALID_DATE' },
    ]);
  });
});
