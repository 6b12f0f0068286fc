import { DataLoss, Unavailable } from '@crossroads/grpc';

/** A provider that did not answer is asked again after this time. */
const RETRY_MS = 30_000;

/** What came is not the document that was published. */
export const documentChanged = (what: string): DataLoss =>
  new DataLoss(
    'DOCUMENT_CHANGED',
    `the document is not the one that was published: ${what}; discard what was received, and ask its sender`,
  );

/** The document is not there now. */
export const temporarilyUnavailable = (cause?: unknown, retryAfterMs = RETRY_MS): Unavailable => {
  const failure = new Unavailable(
    'DOCUMENT_TEMPORARILY_UNAVAILABLE',
    'the provider of the document does not serve it now; the message stays, try again later',
    { retryAfterMs },
  );
  failure.cause = cause;
  return failure;
};
