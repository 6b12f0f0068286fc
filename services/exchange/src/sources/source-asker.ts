import type {
  SourceServiceService,
  SupplyRequest,
  SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import { coalesced } from '@crossroads/eventsourcing';
import { type Connection, RemoteError, status } from '@crossroads/grpc';

export type SourceConnection = Connection<typeof SourceServiceService>;

/** What came of a question: never rejected, since nobody waits for it before the batch is on its way. */
export type Asked = { readonly response: SupplyResponse } | { readonly error: unknown };

/** In one call, so that its requests stay far below a message's limit. */
const MAX_BATCH_SIZE = 32;
const LARGEST_RECORD = 16 * 1024;
/** After that a source that had no `SupplyMany` may have it. */
const ASKED_SINGLY_MS = 600_000;
/** To ask again what was left out for these would be no use. */
const FINAL: readonly status[] = [status.DEADLINE_EXCEEDED, status.UNAVAILABLE, status.CANCELLED];

/**
 * Asks one source with one deadline. What is asked in the same turn of the event loop goes in one `SupplyMany`, at a third of the
 * cost; what that leaves out is asked by `Supply`, which tells why.
 */
export const sourceAsker = (
  connection: SourceConnection,
  deadlineMs: number,
): ((request: SupplyRequest) => Promise<Asked>) => {
  let singlyUntil = 0;

  const single = (request: SupplyRequest, deadline: number): Promise<Asked> =>
    connection.supply(request, { deadlineMs: deadline - Date.now() }).then(
      (response) => ({ response }),
      (error: unknown) => ({ error }),
    );

  const many = async (requests: readonly SupplyRequest[], deadline: number, answer: Answer): Promise<void> => {
    const open = new Map(requests.entries());
    try {
      for await (const first of connection.supplyMany({ requests: [...requests] }, { deadlineMs }))
        for (const { index, response } of [first, ...first.others])
          if (response !== undefined && open.delete(index)) answer(index, { response });
    } catch (error) {
      const code = error instanceof RemoteError ? error.code : undefined;
      if (code === status.UNIMPLEMENTED) singlyUntil = Date.now() + ASKED_SINGLY_MS;
      if (code !== undefined && FINAL.includes(code)) {
        for (const index of open.keys()) answer(index, { error });
        return;
      }
    }
    for (const [index, request] of open) void single(request, deadline).then((asked) => answer(index, asked));
  };

  const together = coalesced<SupplyRequest, Asked>(
    async (requests) => {
      const deadline = Date.now() + deadlineMs;
      if (requests.length === 1 || Date.now() < singlyUntil) return requests.map((one) => single(one, deadline));
      const answers = requests.map(() => Promise.withResolvers<Asked>());
      void many(requests, deadline, (index, asked) => answers[index]?.resolve(asked));
      return answers.map(({ promise }) => promise);
    },
    { most: MAX_BATCH_SIZE, flights: Number.POSITIVE_INFINITY },
  );

  return (request) =>
    request.record.length > LARGEST_RECORD ? single(request, Date.now() + deadlineMs) : together(request);
};

type Answer = (index: number, asked: Asked) => void;
