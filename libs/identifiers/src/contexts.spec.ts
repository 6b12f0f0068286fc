import { describe, expect, it } from '@jest/globals';
import { parseLegalContext } from './legal-context.js';
import {
  generalQualityCodes,
  parseInscriptionContext,
  parseQualityCode,
  qualityCode,
  qualityCodeOf,
  qualityCodes,
} from './quality-code.js';

describe('a legal context', () => {
  it('is an organisation and a purpose', () => {
    expect(parseLegalContext('PCSA:SOCIAL_INQUIRY')).toBe('PCSA:SOCIAL_INQUIRY');
    expect(parseLegalContext(`A:${'B'.repeat(62)}`)).toHaveLength(64);
  });

  it.each([
    '',
    'PCSA',
    'PCSA:',
    ':X',
    'pcsa:social',
    'PCSA:SOCIAL INQUIRY',
    'A:B:C',
    'PCSA:X\n',
    `A:${'B'.repeat(63)}`,
  ])('%j is not accepted', (text) => {
    expect(parseLegalContext(text)).toBeUndefined();
    expect(parseInscriptionContext(text)).toBeUndefined();
  });
});

describe('a quality code', () => {
  it('is found by its numbers and by its context, which are unique', () => {
    for (const quality of qualityCodes) {
      expect(qualityCode(quality.sector, quality.code)).toBe(quality);
      expect(qualityCodeOf(quality.context)).toBe(quality);
    }
    expect(qualityCode(17, 2)?.context).toBe('PCSA:LIVING_WAGE');
    expect(qualityCode(17, 999)).toBeUndefined();
    expect(generalQualityCodes[999]).toBe('number replaced');
  });

  it('is written as sector/code', () => {
    expect(parseQualityCode('17/2')).toEqual({ sector: 17, code: 2 });
    expect(parseQualityCode('0/0')).toEqual({ sector: 0, code: 0 });
    for (const text of ['17', '17/', '017/2', '1000/1', '17/1000', '-1/2', ''])
      expect(parseQualityCode(text)).toBeUndefined();
  });
});
