import { type RequestKey, uuidV7 } from '@crossroads/eventsourcing';
import { type FieldViolation, InvalidInput } from '../errors/failures.js';
import type { Call } from '../server/call.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Answers are stored for this long. The answer to an older id may be deleted already. */
const MAX_AGE_MS = 35 * DAY_MS;
/** Allows for clocks that differ. */
const MAX_AHEAD_MS = 5 * 60 * 1000;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** An id for one request and all its retries. */
export const newRequestId: (now?: number) => string = uuidV7;

const violation = (reason: string, description: string): FieldViolation => ({
  field: 'request_id',
  reason,
  description,
});

/** Why a request id is refused; nothing when it is valid. */
export const requestIdViolation = (requestId: string, now: number = Date.now()): FieldViolation | undefined => {
  const id = requestId.toLowerCase();
  if (id === '') return violation('REQUIRED', 'every write needs a request_id: a UUIDv7, new for each new request');
  if (!UUID_V7.test(id))
    return violation('MALFORMED_REQUEST_ID', 'a request_id is a UUIDv7, which begins with its time; make a new one');
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  if (time < now - MAX_AGE_MS)
    return violation(
      'REQUEST_ID_TOO_OLD',
      'a request_id is kept for 35 days; read what became of it, or make a new one',
    );
  if (time > now + MAX_AHEAD_MS)
    return violation(
      'REQUEST_ID_IN_FUTURE',
      'a request_id is at most five minutes ahead; set the clock and make a new one',
    );
  return undefined;
};

/**
 * The idempotency key of a write, scoped to the institution on whose behalf it is done.
 * @throws InvalidInput when the id is not a recent UUIDv7
 */
export const requestKey = (call: Call, customer: string, requestId: string, now: number = Date.now()): RequestKey => {
  const wrong = requestIdViolation(requestId, now);
  if (wrong !== undefined) throw new InvalidInput(wrong);
  return { institution: customer, rpc: call.rpc, requestId: requestId.toLowerCase(), hash: call.requestHash };
};
