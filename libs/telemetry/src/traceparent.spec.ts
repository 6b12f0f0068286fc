import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spanContextOf, traceparentOf } from './index.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a traceparent', () => {
  it('is read and written in the format of W3C Trace Context', () => {
    const context = spanContextOf(TRACEPARENT);
    expect(context).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' });
    expect(context && traceparentOf(context)).toBe(TRACEPARENT);
  });

  it('of a later version is read by its known fields', () => {
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
  ])('is not read from %p', (value) => {
    expect(spanContextOf(value)).toBeUndefined();
  });

  it('never yields ids that were not in the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const context = spanContextOf(text);
        return context === undefined || text.includes(`${context.traceId}-${context.spanId}`);
      }),
    );
  });
});
