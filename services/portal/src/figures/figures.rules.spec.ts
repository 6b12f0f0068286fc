import { describe, expect, it } from '@jest/globals';
import { figuresCsv, isMonth, monthsUntil } from './figures.rules.js';

describe('figures by month', () => {
  it('two years are offered, the newest month first, over the turn of the year', () => {
    const months = monthsUntil('2026-02-28');
    expect(months.slice(0, 3)).toEqual(['2026-02', '2026-01', '2025-12']);
    expect(months).toHaveLength(24);
    expect(months.every(isMonth)).toBe(true);
  });

  it.each(['2026-00', '2026-13', '2026-1', 'x'])('%s is no month', (text) => expect(isMonth(text)).toBe(false));

  it('no name in a table is a formula, or ends its field', () => {
    const csv = (name: string) =>
      figuresCsv('2026-01', [
        { customer: '1', name, consultations: 1n, refusedConsultations: 0n, deliveries: 0n, inscriptions: 0n },
      ]).split('\r\n')[1];
    expect(csv('=1+1')).toBe(`"2026-01","1","'=1+1",1,0,0,0`);
    expect(csv('a","b')).toBe('"2026-01","1","a"",""b",1,0,0,0');
  });
});
