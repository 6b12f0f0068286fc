import type {
  SourceServiceService,
  SupplyRequest,
  SupplyResponse,
} from '@crossroads/contracts/source/v1/source_service';
import type { Lane } from '@crossroads/configuration';
import { Batcher } from '@crossroads/eventsourcing';
import { type Connection, RemoteError, status } from '@crossroads/grpc';

export type SourceConnection = Connection<typeof SourceServiceService>;

/** Never a rejected promise: nobody may be waiting for it yet when the call fails. */
export type SupplyResult = { readonly response: SupplyResponse } | { readonly error: unknown };

/** Keeps the requests of one call far below the limit of a message. */
const MAX_BATCH_SIZE = 32;
/** Of an ask and its request token together. */
const MAX_ASK_BYTES = 16 * 1024;
/** A source without `SupplyMany` is asked by `Supply` for this long, then by `SupplyMany` again: it may have been upgraded. */
const UNIMPLEMENTED_MS = 600_000;
/** After these a second attempt is useless. */
const FINAL: readonly status[] = [status.DEADLINE_EXCEEDED, status.UNAVAILABLE, status.CANCELLED];

/**
 * Asks one source with one deadline. Requests made in the same turn of the event loop share one `SupplyMany`, which saves
 * both sides a quarter of their processor time. What `SupplyMany` leaves out is asked by `Supply`, which returns the reason.
 */
export class SourceBatcher {
  private readonly batcher: Batcher<SupplyRequest, SupplyResult>;
  private unimplementedUntil = 0;

  constructor(
    private readonly connection: SourceConnection,
    private readonly deadlineMs: number,
    /** @default that of the call for which is asked */
    private readonly lane?: Lane,
  ) {
    this.batcher = new Batcher((requests) => this.supplyBatch(requests), {
      maxBatchSize: MAX_BATCH_SIZE,
      maxInFlight: Number.POSITIVE_INFINITY,
      stopsWithCalls: true,
    });
  }

  supply(request: SupplyRequest): Promise<SupplyResult> {
    if (request.ask.length + request.requestToken.length > MAX_ASK_BYTES)
      return this.supplyOne(request, Date.now() + this.deadlineMs);
    return this.batcher.load(request);
  }

  private async supplyBatch(requests: readonly SupplyRequest[]): Promise<readonly Promise<SupplyResult>[]> {
    const deadline = Date.now() + this.deadlineMs;
    if (requests.length === 1 || Date.now() < this.unimplementedUntil)
      return requests.map((request) => this.supplyOne(request, deadline));
    const results = requests.map(() => Promise.withResolvers<SupplyResult>());
    void this.supplyMany(requests, deadline, (index, result) => results[index]?.resolve(result));
    return results.map(({ promise }) => promise);
  }

  private async supplyMany(
    requests: readonly SupplyRequest[],
    deadline: number,
    resolve: (index: number, result: SupplyResult) => void,
  ): Promise<void> {
    const pending = new Map(requests.entries());
    const { connection, deadlineMs } = this;
    const options = { deadlineMs, ...this.inLane };
    try {
      for await (const { index, response } of connection.supplyMany({ requests: [...requests] }, options))
        if (response !== undefined && pending.delete(index)) resolve(index, { response });
    } catch (error) {
      const code = error instanceof RemoteError ? error.code : undefined;
      if (code === status.UNIMPLEMENTED) this.unimplementedUntil = Date.now() + UNIMPLEMENTED_MS;
      if (code !== undefined && FINAL.includes(code)) {
        for (const index of pending.keys()) resolve(index, { error });
        return;
      }
    }
    for (const [index, request] of pending)
      void this.supplyOne(request, deadline).then((result) => resolve(index, result));
  }

  private get inLane() {
    return this.lane === undefined ? {} : { lane: this.lane };
  }

  private supplyOne(request: SupplyRequest, deadline: number): Promise<SupplyResult> {
    return this.connection.supply(request, { deadlineMs: deadline - Date.now(), ...this.inLane }).then(
      (response) => ({ response }),
      (error: unknown) => ({ error }),
    );
  }
}
