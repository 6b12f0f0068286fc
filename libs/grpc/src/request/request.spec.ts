import type { IsoDay } from '@crossroads/identifiers';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidInput } from '../errors/failures.js';
import * as fields from './fields.js';
import type { Call } from '../server/call.js';
import { PageTokens } from './page-token.js';
import { subjectAlternativeUris } from '../identity/peer.js';
import { newRequestId, requestIdViolation, requestKey } from './request-id.js';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 22, 12);
const door = { mode: 'development', today: '2026-11-22' as IsoDay } as const;

const violationsOf = (read: () => unknown): { field: string; reason: string }[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof InvalidInput) return error.violations.map(({ field, reason }) => ({ field, reason }));
    throw error;
  }
  return [];
};

const reasonsOf = (read: fields.Read<unknown>): string[] =>
  read.ok ? [] : read.violations.map(({ reason }) => reason);

describe('a request id', () => {
  it('is a UUIDv7 of the last 35 days', () => {
    for (const at of [now, now - 34 * DAY_MS, now + 4 * 60_000])
      expect(requestIdViolation(newRequestId(at), now)).toBeUndefined();
    expect(requestIdViolation(newRequestId(now).toUpperCase(), now)).toBeUndefined();
  });

  it.each([
    ['', 'REQUIRED'],
    ['request-1', 'MALFORMED_REQUEST_ID'],
    ['9b2e9ab8-8c5c-4d4e-9f0a-0b1c2d3e4f50', 'MALFORMED_REQUEST_ID'],
    [newRequestId(now - 36 * DAY_MS), 'REQUEST_ID_TOO_OLD'],
    [newRequestId(now + 6 * 60_000), 'REQUEST_ID_IN_FUTURE'],
  ])('%j is refused: %s', (id, reason) => {
    expect(requestIdViolation(id, now)).toMatchObject({ field: 'request_id', reason });
    expect(violationsOf(() => requestKey(call, '0884303369', id, now))).toEqual([{ field: 'request_id', reason }]);
  });

  it('is kept for who it was done for, in one spelling', () => {
    const id = newRequestId(now);
    expect(requestKey(call, '0884303369', id.toUpperCase(), now)).toEqual({
      institution: '0884303369',
      rpc: call.rpc,
      requestId: id,
      hash: call.requestHash,
    });
  });
});

const call: Call = {
  caller: { kind: 'service', name: 'spec', spki: '' },
  metadata: new Metadata(),
  signal: new AbortController().signal,
  rpc: '/spec.v1.Spec/Do',
  requestHash: Buffer.from('hash'),
};

describe('the fields of a request', () => {
  it('come as their own types when all are good', () => {
    const read = fields.readFields({
      ssin: fields.readSsin('ssin', '81050103522', door),
      customer: fields.readEnterpriseNumber('customer', '0884303369'),
      period: fields.readPeriod({ startDate: { year: 2026, month: 1, day: 1 } }),
      note: fields.readOptional('', (raw) => fields.readText('note', raw, { max: 10 })),
      size: fields.readPageSize(5_000),
    });
    expect(read).toEqual({
      ssin: '81050103522',
      customer: '0884303369',
      period: { start: '2026-01-01' },
      note: undefined,
      size: 1000,
    });
  });

  it('are all named when they are wrong, and no value is', () => {
    const read = () =>
      fields.readFields({
        ssin: fields.readSsin('person.ssin', '81050103521', door),
        others: fields.readList('others', ['81050103522', 'x'], { max: 5 }, (at, raw) =>
          fields.readSsin(at, raw, door),
        ),
        period: fields.readPeriod(
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

  it.each<[string, fields.Read<unknown>, string[]]>([
    ['an SSIN that is absent', fields.readSsin('f', '', door), ['REQUIRED']],
    [
      'a test number in production',
      fields.readSsin('f', '62691699717', { ...door, mode: 'production' }),
      ['SSIN_TEST_NUMBER_IN_PRODUCTION'],
    ],
    ['an enterprise number', fields.readEnterpriseNumber('f', '0884303370'), ['ENTERPRISE_NUMBER_CHECKSUM']],
    ['an establishment', fields.readEstablishmentNumber('f', '0884303369'), ['ESTABLISHMENT_NUMBER_MALFORMED']],
    ['an employer', fields.readEmployerId('f', '196'), ['EMPLOYER_ID_MALFORMED']],
    ['a legal context', fields.readLegalContext('f', 'social inquiry'), ['MALFORMED_CONTEXT']],
    ['an inscription context', fields.readInscriptionContext('f', ''), ['REQUIRED']],
    ['a day', fields.readDay('f', { year: 2026, month: 2, day: 29 }), ['INVALID_DATE']],
    ['a day with an unknown part', fields.readDay('f', { year: 2026, month: 2, day: 0 }), ['INVALID_DATE']],
    ['a day far away', fields.readDay('f', { year: -5, month: 2, day: 1 }), ['INVALID_DATE']],
    ['an incomplete date', fields.readIncompleteDate('f', { year: 2026, month: 0, day: 3 }), ['INVALID_DATE']],
    [
      'two wrong days',
      fields.readPeriod({ startDate: { year: 0, month: 1, day: 1 }, endDate: { year: 1, month: 13, day: 1 } }),
      ['INVALID_DATE', 'INVALID_DATE'],
    ],
    ['a UUID', fields.readUuid('f', '123'), ['MALFORMED_UUID']],
    ['a request id', fields.readRequestId('x', now), ['MALFORMED_REQUEST_ID']],
    ['blank text', fields.readText('f', ' \n', { max: 5 }), ['REQUIRED']],
    ['long text', fields.readText('f', '123456', { max: 5 }), ['TOO_LONG']],
    ['text with NUL', fields.readText('f', 'a\u0000', { max: 5 }), ['UNPRINTABLE']],
    ['text that was no UTF-8', fields.readText('f', 'a\ufffd', { max: 5 }), ['UNPRINTABLE']],
    ['an instant', fields.readInstant('f', new Date(Number.NaN)), ['INVALID_INSTANT']],
    ['no instant', fields.readInstant('f', undefined), ['REQUIRED']],
    ['a page size', fields.readPageSize(-1), ['INVALID_PAGE_SIZE']],
    ['an empty list', fields.readList('f', [], { max: 1 }, () => fields.readUuid('f', '')), ['REQUIRED']],
    ['a long list', fields.readList('f', [1, 2], { max: 1 }, () => fields.readUuid('f', '')), ['TOO_MANY']],
  ])('%s is refused', (_what, read, reasons) => {
    expect(reasonsOf(read)).toEqual(reasons);
  });
});

describe('a page token', () => {
  const tokens = new PageTokens(Buffer.from('a key of a service'));
  const read = (position: unknown) => (typeof position === 'string' ? position : undefined);
  const filters = { personId: 'p', status: ['open'] };

  it('leads to its place in the same list, whatever the order of the filters', () => {
    const token = tokens.encode('place', filters);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(tokens.decode(token, { status: ['open'], personId: 'p' }, read)).toBe('place');
    expect(tokens.decode('', filters, read)).toBeUndefined();
  });

  it('does not fit another list, another service, or another version', () => {
    const token = tokens.encode('place', filters);
    expect(violationsOf(() => tokens.decode(token, { personId: 'q' }, read))).toMatchObject([
      { reason: 'PAGE_TOKEN_OF_ANOTHER_LIST' },
    ]);
    expect(violationsOf(() => new PageTokens(Buffer.from('other')).decode(token, filters, read))).toMatchObject([
      { reason: 'INVALID_PAGE_TOKEN' },
    ]);
    expect(violationsOf(() => tokens.decode(tokens.encode(5, filters), filters, read))).toMatchObject([
      { reason: 'INVALID_PAGE_TOKEN' },
    ]);
  });

  it('is refused when anything of it was changed', () => {
    const token = Buffer.from(tokens.encode('place', filters), 'base64url');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: token.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = Buffer.from(token);
        changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
        expect(violationsOf(() => tokens.decode(changed.toString('base64url'), filters, read))).toHaveLength(1);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(violationsOf(() => tokens.decode(text, filters, read))).toHaveLength(1);
      }),
    );
  });
});

describe('the names of a certificate', () => {
  it('are read as Node writes them, also when one hides another', () => {
    expect(subjectAlternativeUris('DNS:localhost, URI:spiffe://a/service/b, IP Address:127.0.0.1')).toEqual([
      'spiffe://a/service/b',
    ]);
    expect(subjectAlternativeUris('URI:"spiffe://a, URI:spiffe://b"')).toEqual(['spiffe://a, URI:spiffe://b']);
    expect(subjectAlternativeUris(undefined)).toEqual([]);
  });
});
