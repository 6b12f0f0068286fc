import type { Institution } from '@crossroads/client';
import type { InscribeFileRequest, InscribeFileResponse } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { until, verify } from './checks.js';

const CHUNK = 1_000;

/** Inscribes a file of people. Resolves to the report, with all refused lines. */
export const inscribeAll = async (
  { directory }: Pick<Institution, 'directory'>,
  inscriptionContext: string,
  ssins: readonly string[],
): Promise<InscribeFileResponse> => {
  const parts = async function* (): AsyncGenerator<InscribeFileRequest> {
    yield { part: { $case: 'header', value: { requestId: newRequestId(), institution: '', uninscribe: false } } };
    for (let from = 0; from < ssins.length; from += CHUNK) {
      const lines = ssins.slice(from, from + CHUNK).map((ssin) => ({ ssin, inscriptionContext, period: undefined }));
      yield { part: { $case: 'chunk', value: { lines } } };
    }
  };
  let last: InscribeFileResponse | undefined;
  const refused: InscribeFileResponse['refused'][number][] = [];
  for await (const progress of directory.inscribeFile(parts())) {
    // Each message has the refused lines of one chunk; the last message has none.
    refused.push(...progress.refused);
    last = progress;
  }
  verify(last?.done === true, 'the file of inscriptions ends with its report');
  return { ...last, refused };
};

/** Of a number that the directory does not know yet; the second one after many of them. */
const UNKNOWN_YET = new Set(['NUMBER_NOT_USABLE', 'QUOTA_EXHAUSTED']);

/** Inscribes one person. Tries again while the directory has not yet received a new number from the registry. */
export const inscribe = (
  { directory }: Pick<Institution, 'directory'>,
  inscriptionContext: string,
  ssin: string,
): Promise<boolean> =>
  until('the directory to know a person of the registry', async () => {
    try {
      const { changed } = await directory.inscribe({
        requestId: newRequestId(),
        institution: '',
        ssin,
        inscriptionContext,
        period: undefined,
      });
      return changed;
    } catch (error) {
      if (error instanceof RemoteError && UNKNOWN_YET.has(error.reason)) return undefined;
      throw error;
    }
  });
