import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseEmployerId } from './employer-id.js';
import {
  isEnterpriseNumber,
  parseEnterpriseNumber,
  parseEstablishmentNumber,
  withCbeCheck,
} from './enterprise-number.js';

describe('an enterprise number', () => {
  it('is ten digits with a check', () => {
    expect(parseEnterpriseNumber('0884303369')).toEqual({ ok: true, value: '0884303369' });
    expect(isEnterpriseNumber('0884303369')).toBe(true);
  });

  it.each([
    ['0884303370', 'checksum'],
    ['2297964444', 'malformed'],
    ['884303369', 'malformed'],
    ['0884.303.369', 'malformed'],
    ['', 'malformed'],
  ])('%j is refused: %s', (text, issue) => {
    expect(parseEnterpriseNumber(text)).toEqual({ ok: false, issue });
    expect(isEnterpriseNumber(text)).toBe(false);
  });

  it('that was made by the rule is good', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 19_999_999 }), (eight) => {
        expect(parseEnterpriseNumber(withCbeCheck(String(eight).padStart(8, '0'))).ok).toBe(true);
      }),
    );
  });
});

describe('an establishment unit number', () => {
  it('is ten digits with a check, that is no enterprise number', () => {
    expect(parseEstablishmentNumber('2297964444')).toEqual({ ok: true, value: '2297964444' });
    expect(parseEstablishmentNumber('2297964445')).toEqual({ ok: false, issue: 'checksum' });
    expect(parseEstablishmentNumber('0884303369')).toEqual({ ok: false, issue: 'malformed' });
    expect(parseEstablishmentNumber('9297964444')).toEqual({ ok: false, issue: 'malformed' });
  });
});

describe('an employer id', () => {
  it.each([100006, 212345609, 312345625, 200000031, 499999982, 187995796, 168676597])('%d is definitive', (id) => {
    expect(parseEmployerId(String(id))).toEqual({ ok: true, employerId: BigInt(id) });
  });
  it.each([5134794036, 5000000120, 5999999989, 5678901277])('%d is provisional', (id) => {
    expect(parseEmployerId(String(id)).ok).toBe(true);
  });
  it.each([43220065, 2130057, 22300094, 5170096, 55290097])('%d is of a local administration', (id) => {
    expect(parseEmployerId(String(id)).ok).toBe(true);
  });
  it.each([
    ['196', 'malformed'],
    ['4000000100', 'checksum'],
    ['6999999999', 'malformed'],
    ['5678901279', 'checksum'],
    ['1000000047', 'checksum'],
    ['5000000121', 'checksum'],
    ['0100006', 'malformed'],
    ['', 'malformed'],
    ['1e5', 'malformed'],
  ])('%s is refused: %s', (text, issue) => {
    expect(parseEmployerId(text)).toEqual({ ok: false, issue });
  });
});
