import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { isRejection, RequestIdReused } from '@crossroads/eventsourcing';
import { GrpcFailure, status } from '@crossroads/grpc';
import { counter, histogram, isMeasuring } from '@crossroads/telemetry';
import type { DecidedService } from './decide-services.js';
import type { Refusal } from './refusals.js';

const durations = histogram('crossroads.consultation.duration.seconds');
const decisions = counter('crossroads.decisions');

/** The best of its results, or why there is none. */
type Outcome = 'DATA_FOUND' | 'NO_DATA_FOUND' | 'NO_RESULT' | 'REFUSED' | 'FAILED';

/** Runs a consultation and records how long it took. */
export const measureConsultation = async (consult: () => Promise<ConsultResponse>): Promise<ConsultResponse> => {
  if (!isMeasuring()) return consult();
  const from = performance.now();
  const record = (outcome: Outcome) => durations.record((performance.now() - from) / 1_000, { status: outcome });
  try {
    const response = await consult();
    record(outcomeOf(response));
    return response;
  } catch (error) {
    record(isRefusedRequest(error) ? 'REFUSED' : 'FAILED');
    throw error;
  }
};

/** Counts one decision for each data service, or a single one when the number itself was refused. */
export const countDecisions = (services: readonly DecidedService[], ofNumber: Refusal | undefined): void => {
  if (!isMeasuring()) return;
  if (ofNumber !== undefined) decisions.add(1, { outcome: 'REFUSED', reason: ofNumber.reason });
  for (const decided of ofNumber === undefined ? services : [])
    if (decided.allowed) decisions.add(1, { outcome: 'ALLOWED', reason: '' });
    else decisions.add(1, { outcome: 'REFUSED', reason: decided.reason });
};

/** A consultation that was decided, and then refused because of a quota. */
export const countQuotaExhausted = (): void => {
  if (isMeasuring()) decisions.add(1, { outcome: 'REFUSED', reason: 'QUOTA_EXHAUSTED' });
};

const outcomeOf = ({ results }: ConsultResponse): Outcome => {
  const statuses = new Set(results.map((one) => one.status));
  if (statuses.has(ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND)) return 'DATA_FOUND';
  return statuses.has(ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND) ? 'NO_DATA_FOUND' : 'NO_RESULT';
};

const FAILURES: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.ABORTED]);

/** Whether the request was refused, as opposed to one that could not be answered. */
export const isRefusedRequest = (error: unknown): boolean =>
  error instanceof GrpcFailure ? !FAILURES.has(error.code) : isRejection(error) || error instanceof RequestIdReused;
