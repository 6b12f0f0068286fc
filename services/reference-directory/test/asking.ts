import type {
  InscribeFileLine,
  InscribeFileRequest,
  InscribeFileResponse,
} from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import type { RunningDirectory } from './running-directory.js';

export type Directory = ReturnType<RunningDirectory['as']>;

/** The reason in the answer's details, and the rule of the first field that was wrong. */
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
  /** Sends so many chunks, waits for their answers, and breaks off. */
  readonly cutAfter?: number;
}

/** Sends a file chunk by chunk; gives all answers that came. */
export const sendFile = async (
  directory: Directory,
  chunks: readonly (readonly InscribeFileLine[])[],
  {
    requestId = newRequestId(),
    institution = '',
    uninscribe = false,
    cutAfter = Number.POSITIVE_INFINITY,
  }: FileOptions = {},
): Promise<InscribeFileResponse[]> => {
  const answers: InscribeFileResponse[] = [];
  const cut = new AbortController();
  const requests = async function* (): AsyncGenerator<InscribeFileRequest> {
    yield { part: { $case: 'header', value: { requestId, institution, uninscribe } } };
    for (const lines of chunks) yield { part: { $case: 'chunk', value: { lines: [...lines] } } };
  };
  try {
    for await (const answer of directory.inscribeFile(requests(), { signal: cut.signal })) {
      answers.push(answer);
      if (answers.length === cutAfter) cut.abort();
    }
  } catch (error) {
    if (!cut.signal.aborted) throw error;
  }
  return answers;
};
