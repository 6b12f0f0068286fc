import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvRecord } from './csv.rules.js';

describe('a record of CSV', () => {
  it('quotes commas, quotation marks and ends of lines', () => {
    expect(csvRecord(['a,b', 'say "x"', 'two\r\nlines'])).toBe('"a,b","say ""x""","two\r\nlines"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1'])('takes the formula out of %j', (text) => {
    expect(csvRecord([text])).toBe(`"'${text}"\r\n`);
  });

  it('never lets a text leave its field, or begin a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const field = csvRecord([text]).slice(1, -3);
        expect(field.replaceAll('""', '')).not.toContain('"');
        expect(field).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});
