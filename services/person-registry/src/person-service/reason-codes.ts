import { type ReasonCodes, status } from '@crossroads/grpc';
import type { NumberReason } from '../number/number.decider.js';
import type { PersonReason } from '../person/person.decider.js';
import type { ProposalReason } from '../proposal/proposal.decider.js';

/** A reason without a code does not compile. */
export const reasonCodes: ReasonCodes<
  NumberReason | PersonReason | ProposalReason | 'NO_ERASURE_ORDERED' | 'SUBJECT_FORGOTTEN'
> = {
  SSIN_ALREADY_REGISTERED: status.ALREADY_EXISTS,
  UNKNOWN_SSIN: status.NOT_FOUND,
  SSIN_REPLACED: status.FAILED_PRECONDITION,
  SSIN_CANCELED: status.FAILED_PRECONDITION,
  ALREADY_REPLACED: status.FAILED_PRECONDITION,
  NOT_REPLACED: status.FAILED_PRECONDITION,
  REPLACES_ITSELF: status.INVALID_ARGUMENT,
  REPLACES_OTHERS: status.FAILED_PRECONDITION,
  TWO_PERSONS: status.FAILED_PRECONDITION,
  ONE_PERSON: status.FAILED_PRECONDITION,
  UNKNOWN_PROPOSAL: status.NOT_FOUND,
  SAME_OFFICIAL: status.PERMISSION_DENIED,
  SAME_REPORTER: status.PERMISSION_DENIED,
  OTHER_NUMBERS: status.FAILED_PRECONDITION,
  NOT_YET: status.FAILED_PRECONDITION,
  NUMBERS_CHANGED: status.FAILED_PRECONDITION,
  PROPOSAL_CLOSED: status.FAILED_PRECONDITION,
  PROPOSAL_EXPIRED: status.FAILED_PRECONDITION,
  NAME_REQUIRED: status.INVALID_ARGUMENT,
  DEATH_BEFORE_BIRTH: status.FAILED_PRECONDITION,
  PERSON_FORGOTTEN: status.FAILED_PRECONDITION,
  // Not ABORTED, which clients retry by themselves: the caller has to read and decide again.
  SOURCE_REVISION_CHANGED: status.FAILED_PRECONDITION,
  TOO_MANY_FACTS: status.FAILED_PRECONDITION,
  NO_ERASURE_ORDERED: status.NOT_FOUND,
  SUBJECT_FORGOTTEN: status.FAILED_PRECONDITION,
};
