import { hash } from 'node:crypto';
import { type RequestKey, RequestIdReused } from '@crossroads/eventsourcing';
import type { FirstRequest } from '../journal/first-request.codec.js';
import type { ConsultInput } from './consult.pipe.js';
import type { Requester } from './consultations.js';

/** A caller that got no answer asks again at once. Later, the same question is a new one. */
const REPEATABLE_MS = 600_000;

/**
 * The request id, bound to the question, and to the application, key and official that ask it. The customer is in its scope already. A
 * repetition may come with another token, since one lives for five minutes.
 */
export const boundTo = (request: RequestKey, input: ConsultInput, { caller, official }: Requester): RequestKey => {
  const { enterpriseNumber, application, spki } = caller;
  const who = [enterpriseNumber, application, spki, official?.id ?? '', official?.role ?? ''];
  return { ...request, hash: hash('sha256', JSON.stringify([who, { ...input, requestToken: '' }]), 'buffer') };
};

/** @throws RequestIdReused when the first request was made too long ago for this one to be its repetition */
export const requireRepeatable = (first: FirstRequest, now: Date): void => {
  if (now.getTime() - first.time.getTime() <= REPEATABLE_MS) return;
  throw new RequestIdReused(
    'this request was made more than ten minutes ago, and is repeated no more; ask again with a new request_id',
  );
};
