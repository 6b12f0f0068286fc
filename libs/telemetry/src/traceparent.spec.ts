import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spanContextOf, traceparentOf } from './index.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a traceparent', () => {
  it('is read and written as W3C has it', () => {
    const context = spanContextOf(TRACEPARENT);
    expect(context).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' });
    expect(context && traceparentOf(context)).toBe(TRACEPARENT);
  });

  it('of a later version is read as far as it is known', () => {
    expect(spanContextOf(`cc${TRACEPARENT.slice(2)}-more`)?.traceFlags).toBe(1);
  });

  it.each([
    undefined,
    7,
    '',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    `${TRACEPARENT}ff`,
  ])('is none when it is %p', (value) => {
    expect(spanContextOf(value)).toBeUndefined();
  });

  it('is never misread into another', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const context = spanContextOf(text);
        return context === undefined || text.includes(`${context.traceId}-${context.spanId}`);
      }),
    );
  });
});
