import { type Lane, LANES } from '@crossroads/configuration';
import { counter, observe } from '@crossroads/telemetry';
import type { Metadata } from '@grpc/grpc-js';
import { LANE_HEADER } from '../lane-header.js';
import type { ServedMethod } from './service.js';

/** How much one process takes on at once, whoever calls. */
export interface LaneLimits {
  /** Calls in flight, of all lanes together. @default 2_000 */
  readonly callsInFlight?: number;
  /** Of them in the lane `batch`. With those of `bulk` fewer than the pool has connections. @default 4 */
  readonly batchCalls?: number;
  /** Of them in the lane `bulk`. @default 4 */
  readonly bulkCalls?: number;
  /** For calls that bring no deadline, but streams, which have a day. @default online 30 s, batch 5 min, bulk 1 h */
  readonly deadlinesMs?: Readonly<Partial<Record<Lane, number>>>;
}

const DEADLINE_MS: Readonly<Record<Lane, number>> = { online: 30_000, batch: 300_000, bulk: 3_600_000 };
/** A stream lasts as long as there are messages. */
const STREAM_DEADLINE_MS = 86_400_000;

/** How long a call waits in the queue of its lane before it is refused. Its own deadline may end it earlier. */
const QUEUE_MS: Readonly<Record<Lane, number>> = { online: 1_000, batch: 5_000, bulk: 10_000 };
/** Calls that wait, for each that may be in flight. */
const QUEUED_PER_CALL: Readonly<Record<Lane, number>> = { online: 0.1, batch: 4, bulk: 4 };
/** Long enough that some of the lane's calls are likely to have ended. */
export const RETRY_MS: Readonly<Record<Lane, number>> = { online: 200, batch: 1_000, bulk: 5_000 };

/** The lane of a call: that of its rpc, or a less urgent one that its caller asks for. */
export const laneOf = (declared: Lane, metadata: Metadata): Lane => {
  const [asked] = metadata.get(LANE_HEADER);
  if (asked === undefined) return declared;
  return LANES.find((lane) => lane === asked && LANES.indexOf(lane) > LANES.indexOf(declared)) ?? declared;
};

/** A call that waits for its turn. */
export interface QueuedCall {
  /** Its turn has come; it counts as in flight. */
  admit(): void;
  /** It has waited for too long. */
  refuse(): void;
}

interface LaneState {
  readonly lane: Lane;
  readonly limit: number;
  readonly maxQueued: number;
  inFlight: number;
  /** In the order in which they came, with what ends their wait. */
  readonly queue: Map<QueuedCall, NodeJS.Timeout>;
}

export type Admission = 'admitted' | 'queued' | 'refused';

const calls = counter('crossroads.lane.calls');
/** Made once: every call is counted. */
const LABELS = Object.fromEntries(
  LANES.map((lane) => [
    lane,
    {
      admitted: { lane, outcome: 'ADMITTED' },
      queued: { lane, outcome: 'QUEUED' },
      refused: { lane, outcome: 'REFUSED' },
    },
  ]),
) as Readonly<Record<Lane, Readonly<Record<Admission, { readonly lane: Lane; readonly outcome: string }>>>>;

/**
 * Counts the calls in flight of one process by lane. A flood in one lane fills that lane and its queue; the others keep their room, so
 * that none starves.
 */
export class Lanes {
  private readonly states: Readonly<Record<Lane, LaneState>>;
  private readonly deadlinesMs: Readonly<Record<Lane, number>>;

  constructor({ callsInFlight = 2_000, batchCalls = 4, bulkCalls = 4, deadlinesMs = {} }: LaneLimits) {
    this.deadlinesMs = { ...DEADLINE_MS, ...deadlinesMs };
    const onlineCalls = callsInFlight - batchCalls - bulkCalls;
    if (onlineCalls < 1)
      throw new RangeError(
        `of ${callsInFlight} calls in flight, ${batchCalls} of batch and ${bulkCalls} of bulk leave none for online: raise the first`,
      );
    const stateOf = (lane: Lane, limit: number): LaneState => ({
      lane,
      limit,
      maxQueued: Math.ceil(limit * QUEUED_PER_CALL[lane]),
      inFlight: 0,
      queue: new Map(),
    });
    this.states = {
      online: stateOf('online', onlineCalls),
      batch: stateOf('batch', batchCalls),
      bulk: stateOf('bulk', bulkCalls),
    };
    for (const lane of LANES) for (const labels of Object.values(LABELS[lane])) calls.add(0, labels);
  }

  /** How long a call may take that brings no deadline. Nothing for a watch. */
  deadlineMs(lane: Lane, { endless, requestStream, responseStream }: ServedMethod): number | undefined {
    if (endless) return undefined;
    return requestStream || responseStream ? STREAM_DEADLINE_MS : this.deadlinesMs[lane];
  }

  /** When it is queued, the call hears later whether it is admitted. */
  admit(lane: Lane, call: QueuedCall): Admission {
    const state = this.states[lane];
    const admission = admissionTo(state);
    if (admission === 'admitted') state.inFlight += 1;
    else if (admission === 'queued') state.queue.set(call, waiting(state, call));
    calls.add(1, LABELS[lane][admission]);
    return admission;
  }

  /** A call that waited has left. */
  leave(lane: Lane, call: QueuedCall): void {
    const { queue } = this.states[lane];
    clearTimeout(queue.get(call));
    queue.delete(call);
  }

  /** A call that was admitted has ended. */
  release(lane: Lane): void {
    const state = this.states[lane];
    state.inFlight -= 1;
    for (const [call, timer] of state.queue) {
      if (state.inFlight >= state.limit) return;
      clearTimeout(timer);
      state.queue.delete(call);
      state.inFlight += 1;
      calls.add(1, LABELS[lane].admitted);
      call.admit();
    }
  }

  /** Reports the calls in flight and in queues whenever metrics are sent. Returns the function that ends it. */
  observe(): () => void {
    const read = (measure: (state: LaneState) => number) => () =>
      LANES.map((lane) => ({ value: measure(this.states[lane]), of: { lane } }));
    const ends = [
      observe(
        'crossroads.lane.calls_in_flight',
        read(({ inFlight }) => inFlight),
      ),
      observe(
        'crossroads.lane.calls_queued',
        read(({ queue }) => queue.size),
      ),
    ];
    return () => {
      for (const end of ends) end();
    };
  }
}

const admissionTo = ({ inFlight, limit, queue, maxQueued }: LaneState): Admission => {
  // Those that wait came first.
  if (queue.size === 0 && inFlight < limit) return 'admitted';
  return queue.size < maxQueued ? 'queued' : 'refused';
};

const waiting = ({ lane, queue }: LaneState, call: QueuedCall): NodeJS.Timeout =>
  setTimeout(() => {
    queue.delete(call);
    calls.add(1, LABELS[lane].refused);
    call.refuse();
  }, QUEUE_MS[lane]).unref();
