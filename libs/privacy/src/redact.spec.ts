import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPersonalKey, REDACTED, redact, redactText } from './redact.js';

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
const written = digits(11).chain((ssin) => {
  const [yy, mm, dd, serial, check] = [
    ssin.slice(0, 2),
    ssin.slice(2, 4),
    ssin.slice(4, 6),
    ssin.slice(6, 9),
    ssin.slice(9),
  ];
  return fc.constantFrom(
    ssin,
    `${yy}.${mm}.${dd}-${serial}.${check}`,
    `${yy} ${mm} ${dd} ${serial} ${check}`,
    `${yy}-${mm}-${dd}-${serial}-${check}`,
    `${yy}${mm}${dd}-${serial}-${check}`,
    `${yy}.${mm}.${dd} - ${serial}.${check}`,
  );
});
const around = fc.stringMatching(/^[^\d]{0,20}$/);

describe('redaction', () => {
  it('removes SSINs in every notation and at every place', () => {
    fc.assert(
      fc.property(written, around, around, (ssin, before, after) => {
        const text = `${before}${ssin}${after}`;
        expect(redactText(text)).not.toContain(ssin);
        expect(
          JSON.stringify(redact({ a: [{ b: new Error(text) }], [text]: new Map([[text, new Set([text])]]) })),
        ).not.toContain(ssin);
      }),
    );
  });

  it('leaves identifiers, instants, enterprise numbers and counts', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.date({ noInvalidDate: true, max: new Date('2200-01-01') }),
        digits(9),
        digits(20),
        (id, at, short, long) => {
          fc.pre(at.getUTCFullYear() > 999);
          const text = `${id} ${at.toISOString()} 0316.380.841 BE0316380841 ${short}x ${long}`;
          expect(redactText(text)).toBe(text);
        },
      ),
    );
  });

  it('replaces every value of a personal key', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'ssin',
          'SSIN',
          'name',
          'birthDate',
          'birth_date',
          'Birth-Date',
          'authorization',
          'Authorization',
          'given_names',
        ),
        fc.jsonValue(),
        (key, value) => {
          expect(redact({ outer: { [key]: value } })).toEqual({ outer: { [key]: REDACTED } });
        },
      ),
    );
  });

  it('leaves keys that only resemble a personal one', () => {
    expect(['fileName', 'topic', 'hostname', 'personId', 'streamId'].filter(isPersonalKey)).toEqual([]);
  });

  it('removes tokens', () => {
    expect(redactText('failed with Bearer abc.def-ghi and eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln')).toBe(
      `failed with ${REDACTED} and ${REDACTED}`,
    );
  });

  it('removes SSINs that are numbers', () => {
    expect(redact({ a: 85673003328, b: 85673003328n, c: 42, d: 42n })).toEqual({
      a: REDACTED,
      b: REDACTED,
      c: 42,
      d: '42',
    });
  });

  it('shows the type of an error and its cause', () => {
    const error = new Error('of 85673003328', { cause: new TypeError('because of 85.67.30-033.28') });
    const shown = redact(error);
    expect(shown).toMatchObject({
      type: 'Error',
      message: `of ${REDACTED}`,
      cause: { type: 'TypeError', message: `because of ${REDACTED}` },
    });
  });

  it('never throws, and ends for circular and deep values', () => {
    const circular: Record<string, unknown> = {
      get bad(): string {
        throw new Error('no');
      },
    };
    expect(redact(circular)).toBe('[unreadable]');
    const loop: Record<string, unknown> = { n: 1 };
    loop['self'] = loop;
    expect(redact(loop)).toEqual({ n: 1, self: '[circular]' });
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (any) => {
          redact(any);
        },
      ),
    );
  });
});
