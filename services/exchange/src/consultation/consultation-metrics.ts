import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse } from '@crossroads/contracts/exchange/v1/exchange_service';
import { isRejection, RequestIdReused } from '@crossroads/eventsourcing';
import { GrpcFailure, status } from '@crossroads/grpc';
import { counter, histogram, isMeasuring } from '@crossroads/telemetry';
import type { Refused } from '../journal/kept-answer.js';
import type { Consultations } from './consultations.js';
import type { DecidedService } from './decide-services.js';

const durations = histogram('crossroads.consultation.duration.seconds');
const decisions = counter('crossroads.decisions');

/** How a consultation ended: what the best of its answers is, or why there is none. */
type Ending = 'DATA_FOUND' | 'NO_DATA_FOUND' | 'NO_RESULT' | 'REFUSED' | 'FAILED';

/** The same consultations, measured. */
export const measured = (consultations: Pick<Consultations, 'consult'>): Pick<Consultations, 'consult'> => ({
  consult: async (...asked) => {
    if (!isMeasuring()) return consultations.consult(...asked);
    const from = performance.now();
    const end = (ending: Ending) => durations.record((performance.now() - from) / 1_000, { status: ending });
    try {
      const response = await consultations.consult(...asked);
      end(endingOf(response));
      return response;
    } catch (error) {
      end(isRefusal(error) ? 'REFUSED' : 'FAILED');
      throw error;
    }
  },
});

/** One decision for each data service; one for all of them when it was the number that decided. */
export const countDecisions = (services: readonly DecidedService[], ofNumber: Refused | undefined): void => {
  if (!isMeasuring()) return;
  if (ofNumber !== undefined) decisions.add(1, { outcome: 'REFUSED', reason: ofNumber.reason });
  for (const decided of ofNumber === undefined ? services : [])
    if (decided.allowed) decisions.add(1, { outcome: 'ALLOWED', reason: '' });
    else decisions.add(1, { outcome: 'REFUSED', reason: decided.reason });
};

const endingOf = ({ results }: ConsultResponse): Ending => {
  const statuses = new Set(results.map((one) => one.status));
  if (statuses.has(ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND)) return 'DATA_FOUND';
  return statuses.has(ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND) ? 'NO_DATA_FOUND' : 'NO_RESULT';
};

const OURS: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.ABORTED]);

/** Whether the answer is no for good, as opposed to: we could not answer. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof GrpcFailure ? !OURS.has(error.code) : isRejection(error) || error instanceof RequestIdReused;
