import { type ReasonCodes, status } from '@crossroads/grpc';
import type { MutationReason } from '../mutation/mutation.decider.js';

/** Of rejections; all else that is refused carries its code itself. */
export const reasonCodes: ReasonCodes<MutationReason | 'SUBJECT_FORGOTTEN'> = {
  SOURCE_REVISION_GAP: status.FAILED_PRECONDITION,
  SOURCE_REVISION_OLD: status.FAILED_PRECONDITION,
  SUBJECT_FORGOTTEN: status.FAILED_PRECONDITION,
};
