import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type IsoDay, isoDay } from './iso-day.js';
import { type Mode, parseSsin, type SsinIssue, ssinCheck, ssinMessages } from './ssin.js';

const today = '2026-11-22' as IsoDay;
const parse = (text: string, mode: Mode = 'development', on = today) => parseSsin(text, { mode, today: on });
const issueOf = (text: string, mode?: Mode): SsinIssue | undefined => {
  const parsed = parse(text, mode);
  return parsed.ok ? undefined : parsed.issue;
};
const withCheck = (nine: string, century: 1900 | 2000 = 1900) => nine + ssinCheck(nine, century);

describe('an SSIN', () => {
  it.each(
    (
      '23292805780 81050003552 92200006963 10200100128 24203200171 92321506985 92400006909 10400100171 92521506931 ' +
      '70252501507 92471506993 19282416134 80240199943 81000003517 10000100182 00003241778 81120103571 81050103522 ' +
      '19082416188 53480200724'
    ).split(' '),
  )('%s is good, in production too', (text) => {
    expect(parse(text, 'production')).toMatchObject({ ok: true, ssin: text });
  });

  it.each<[string, SsinIssue]>([
    ['81043103522', 'checksum'],
    ['81023003522', 'checksum'],
    ['81050103521', 'checksum'],
    ['81130103578', 'impossible-date'],
    ['81022903534', 'impossible-date'],
    ['47060200096', 'counter'],
    ['99020299964', 'counter'],
    ['', 'malformed'],
    ['8105010352', 'malformed'],
    ['810501035221', 'malformed'],
    ['81.05.01-035.22', 'malformed'],
    ['81050103522\n', 'malformed'],
    ['8105010352٢', 'malformed'],
    [withCheck('811301035'), 'impossible-date'],
    [withCheck('813301035'), 'impossible-date'],
    [withCheck('815301035'), 'impossible-date'],
    [withCheck('817301035'), 'impossible-date'],
    [withCheck('818001035'), 'impossible-date'],
    [withCheck('819201035'), 'impossible-date'],
    [withCheck('810532035'), 'impossible-date'],
    [withCheck('261123001', 2000), 'future-date'],
    [withCheck('270000001', 2000), 'future-date'],
    [withCheck('261200001', 2000), 'future-date'],
  ])('%j is refused: %s', (text, issue) => {
    expect(issueOf(text)).toBe(issue);
  });

  it('keeps a birth date as incomplete as it is', () => {
    expect(parse('81050103522')).toMatchObject({ kind: 'register', birthDate: '1981-05-01' });
    expect(parse('81050003552')).toMatchObject({ kind: 'register', birthDate: '1981-05-00' });
    expect(parse('10000100182')).toMatchObject({ kind: 'register', birthDate: '1910-00-00' });
    expect(parse('24203200171')).toMatchObject({ kind: 'bis', birthDate: '1924-00-00' });
    expect(parse('92471506993')).toMatchObject({ kind: 'bis', birthDate: '1992-07-15' });
  });

  it('may be of today, and of this month or year when no more is known', () => {
    expect(parse(withCheck('261122001', 2000))).toMatchObject({ ok: true, birthDate: '2026-11-22' });
    expect(parse(withCheck('261100001', 2000))).toMatchObject({ ok: true, birthDate: '2026-11-00' });
    expect(parse(withCheck('260000001', 2000))).toMatchObject({ ok: true, birthDate: '2026-00-00' });
  });

  it('of nobody is good for tests only', () => {
    expect(parse('62691699717')).toMatchObject({ ok: true, kind: 'test', birthDate: '1962-09-16' });
    expect(issueOf('62691699717', 'production')).toBe('test-number-in-production');
  });

  it('of the BIS register or of nobody may have any counter', () => {
    for (const counter of ['000', '999']) {
      expect(issueOf(withCheck(`812501${counter}`))).toBeUndefined();
      expect(issueOf(withCheck(`816501${counter}`))).toBeUndefined();
      expect(issueOf(withCheck(`810501${counter}`))).toBe('counter');
    }
  });

  it('that was made by the rule is read back, in its century', () => {
    const years = fc.integer({ min: 1900, max: 2025 });
    const offsets = fc.constantFrom(0, 20, 40, 60);
    fc.assert(
      fc.property(
        years,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 28 }),
        offsets,
        fc.integer({ min: 1, max: 998 }),
        (year, month, day, offset, counter) => {
          const two = (value: number) => String(value % 100).padStart(2, '0');
          const nine = two(year) + two(month + offset) + two(day) + String(counter).padStart(3, '0');
          const kind = offset === 0 ? 'register' : offset === 60 ? 'test' : 'bis';
          expect(parse(withCheck(nine, year < 2000 ? 1900 : 2000))).toMatchObject({
            ok: true,
            kind,
            birthDate: isoDay(year, month, day),
          });
        },
      ),
    );
  });

  it('does not survive a wrong digit, nor two that changed places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 9 }), (at, add) => {
        const digits = '81050103522'.split('');
        digits[at] = String((Number(digits[at]) + add) % 10);
        expect(issueOf(digits.join(''))).toBeDefined();
      }),
    );
  });

  it('is never answered with an exception, nor with the number in the message', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{11}$/));
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parse(text);
        if (!parsed.ok && text.length > 3) expect(ssinMessages[parsed.issue]).not.toContain(text);
      }),
    );
  });
});
