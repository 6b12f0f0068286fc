import type {
  InscribeFileLine,
  InscribeFileRequest,
  InscribeFileResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import type { Directory } from './running-directory.js';

/** Why a call was refused: the first wrong field with its reason, or the reason of the error; `accepted` when it was answered. */
export const refusalOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'accepted',
    (error: unknown) => {
      if (!(error instanceof RemoteError)) return String(error);
      const [first] = error.violations;
      return first ? `${first.field} ${first.reason}` : error.reason;
    },
  );

export const WHOLE = { startDate: undefined, endDate: undefined };

export const fileLine = (ssin: string, inscriptionContext = '17/2'): InscribeFileLine => ({
  ssin,
  inscriptionContext,
  period: WHOLE,
});

export interface FileOptions {
  readonly requestId?: string;
  readonly institution?: string;
  readonly uninscribe?: boolean;
  /** Cancels the call after so many answers. */
  readonly cancelAfter?: number;
}

/** Sends a file chunk by chunk; returns the answers until the call ended or was cancelled. */
export const sendFile = async (
  directory: Directory,
  chunks: readonly (readonly InscribeFileLine[])[],
  {
    requestId = newRequestId(),
    institution = '',
    uninscribe = false,
    cancelAfter = Number.POSITIVE_INFINITY,
  }: FileOptions = {},
): Promise<InscribeFileResponse[]> => {
  const answers: InscribeFileResponse[] = [];
  const cancel = new AbortController();
  const requests = async function* (): AsyncGenerator<InscribeFileRequest> {
    yield { part: { $case: 'header', value: { requestId, institution, uninscribe } } };
    for (const lines of chunks) yield { part: { $case: 'chunk', value: { lines: [...lines] } } };
  };
  try {
    for await (const answer of directory.inscribeFile(requests(), { signal: cancel.signal })) {
      answers.push(answer);
      if (answers.length === cancelAfter) cancel.abort();
    }
  } catch (error) {
    if (!cancel.signal.aborted) throw error;
  }
  return answers;
};
