import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import type { Call } from '../server/call.js';
import { violationsOf } from '../testing/violations.js';
import { newRequestId, requestIdViolation, requestKey } from './request-id.js';

const DAY_MS = 86_400_000;
const now = Date.UTC(2026, 10, 22, 12);
const call: Call = {
  caller: { kind: 'service', name: 'spec', spki: '' },
  metadata: new Metadata(),
  signal: new AbortController().signal,
  rpc: '/spec.v1.Spec/Do',
  requestHash: Buffer.from('hash'),
};

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

  it('becomes a key of the institution it is for, in lower case', () => {
    const id = newRequestId(now);
    expect(requestKey(call, '0884303369', id.toUpperCase(), now)).toEqual({
      institution: '0884303369',
      rpc: call.rpc,
      requestId: id,
      hash: call.requestHash,
    });
  });
});
