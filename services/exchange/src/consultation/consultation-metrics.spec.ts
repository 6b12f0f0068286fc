import { Rejection, RequestIdReused, WrongExpectedRevision } from '@crossroads/eventsourcing';
import { PermissionDenied, Unavailable } from '@crossroads/grpc';
import { describe, expect, it } from '@jest/globals';
import { isRefusedRequest } from './consultation-metrics.js';

describe('a consultation that gave no answer', () => {
  it.each([
    new PermissionDenied('NO_GRANT', 'no'),
    new Rejection('SUBJECT_FORGOTTEN', 'erased'),
    new RequestIdReused(),
  ])('was refused: %p', (error) => {
    expect(isRefusedRequest(error)).toBe(true);
  });

  it.each([new Unavailable('POLICY_STALE', 'later'), new WrongExpectedRevision(), new TypeError('a bug'), 'thrown'])(
    'failed: %p',
    (error) => {
      expect(isRefusedRequest(error)).toBe(false);
    },
  );
});
