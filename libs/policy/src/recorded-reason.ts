import type { CutReason } from './decide/decide.js';
import type { FilterReason } from './decide/cut.js';
import type { personNotAvailable } from './decide/person-not-available.js';
import type { quotaExhausted } from './quota/quota-exhausted.js';

/**
 * Stable reasons that stand in access records, and so in lists of citizens: of refusals, of data services without a result, of cut
 * elements, and of openings of mail. The register has words for each.
 */
export type RecordedReason =
  | CutReason
  | FilterReason
  | typeof personNotAvailable.reason
  | typeof quotaExhausted.reason
  // Of the number that was asked about.
  | 'REPLACED_SSIN'
  | 'CANCELED_SSIN'
  | 'UNKNOWN_SSIN'
  // Of a source.
  | 'SOURCE_UNAVAILABLE'
  | 'SOURCE_TIMEOUT'
  | 'SOURCE_ANSWER_INVALID'
  | 'GRANT_CHANGED_MEANWHILE'
  // Of deliveries: one that only says that something has changed; those that were withheld.
  | 'NOTIFICATION'
  | 'CLOSED_BY_SUBSCRIBER'
  | 'GRANT_REVOKED'
  | 'GRANT_EXPIRED'
  | 'ERASED'
  | 'PERSON_MERGED'
  | 'SNAPSHOT_ABANDONED'
  | 'OUTCOME_UNKNOWN'
  // Of openings of mail.
  | 'BROKEN_OFF'
  | 'FAILED'
  | 'READER_TOO_SLOW'
  | 'DOCUMENT_CHANGED'
  | 'DOCUMENT_PROVIDER_BUSY'
  | 'DOCUMENT_TEMPORARILY_UNAVAILABLE';
