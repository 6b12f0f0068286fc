import type { Lane } from '@crossroads/configuration';
import {
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { GrpcFailure } from '../errors/failures.js';
import { statusReply } from '../errors/status.js';
import { type Callers, streamOf } from '../identity/callers.js';
import type { RefusalOfKey } from '../identity/registered-keys.js';
import type { EndedCall } from './handlers.js';
import { type Lanes, laneOf, type QueuedCall, RETRY_MS } from './lanes.js';
import { type CallLimits, CountedCall, type LimitedCall, type LimitExceeded } from './limits.js';

/** Who is told about calls that exceeded a limit. */
export interface LimitListeners {
  readonly onLimited: ((call: LimitedCall) => void) | undefined;
  readonly onEnd: ((call: EndedCall) => void) | undefined;
}

export const reportLimited = (call: LimitedCall, { onLimited, onEnd }: LimitListeners): void => {
  onLimited?.(call);
  onEnd?.({ rpc: call.rpc, code: status.RESOURCE_EXHAUSTED, milliseconds: 0, caller: call.caller });
};

/** What admission needs to know about an rpc. */
export interface AdmittedRpc {
  readonly lane: Lane;
  /** A watch waits more than it works: it counts for its caller, and takes no room of a lane. */
  readonly endless: boolean;
  /** The largest message of a request. @default that of the server */
  readonly maxMessageBytes?: number | undefined;
}

export interface AdmissionOptions extends LimitListeners {
  /** Absent without limits of callers. */
  readonly limits: CallLimits | undefined;
  readonly lanes: Lanes;
  readonly callers: Callers;
  /** Refuses callers whose key is not registered. */
  readonly refusalOf: RefusalOfKey;
  /** Rpcs that count. Health and reflection do not, so that an overloaded server can be observed. */
  readonly rpcs: ReadonlyMap<string, AdmittedRpc>;
  /** `ErrorInfo.domain`. */
  readonly domain: string;
}

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

const isInterceptingCall = (call: ServerInterceptingCallInterface): call is ServerInterceptingCall => 'start' in call;

const REFUSALS = {
  RATE: { reason: 'RATE_LIMIT', message: 'this caller calls more often than it may; wait as long as RetryInfo says' },
  CONCURRENCY: {
    reason: 'CONCURRENCY_LIMIT',
    message: 'this caller has as many calls in flight as it may; wait for some of them, or as long as RetryInfo says',
  },
  BYTES: {
    reason: 'BYTES_LIMIT',
    message:
      'this caller has as many bytes of requests in hand as it may, or all callers have; wait for some of the calls, or as long as RetryInfo says',
  },
  SIZE: { reason: 'MESSAGE_TOO_LARGE', message: 'the message is larger than this rpc takes' },
  OVERLOAD: {
    reason: 'OVERLOADED',
    message: 'this server has as many calls of this lane in flight as it can serve; wait as long as RetryInfo says',
  },
} as const;

/** When a call that holds many bytes will end is not known. */
const BYTES_RETRY_MS = 100;
/** Before each message: whether it is compressed, and its length. */
const MESSAGE_HEAD_BYTES = 5;

/** A call that counts until its handler has ended. */
export interface HeldCall {
  readonly lane: Lane;
  release(): void;
}

/** A call that counts: for its caller, and in its lane. */
class ArrivedCall implements QueuedCall, HeldCall {
  lane: Lane = 'online';
  private counted: CountedCall | undefined;
  private state: 'arrived' | 'queued' | 'in flight' | 'refused' | 'ended' = 'arrived';
  /** grpc-js until the call has ended on the wire, and its handler. */
  private holders = 1;
  private metadata: Metadata | undefined;
  /** Bytes that have come, and were not given to the handler. */
  private arriving = 0;
  /** Of the message that the handler has. */
  private working = 0;
  private isAnswered = false;

  constructor(
    private readonly rpc: string,
    private readonly terms: AdmittedRpc,
    private readonly call: ServerInterceptingCallInterface,
    private readonly listener: Listener,
    private readonly options: AdmissionOptions,
  ) {}

  get isRefused(): boolean {
    return this.state === 'refused';
  }

  /** When the headers have arrived. A call that has to wait is not read until it is admitted. */
  arrive(metadata: Metadata): void {
    const { limits, callers, refusalOf } = this.options;
    const caller = callers.identify(this.call);
    const refusal = caller instanceof GrpcFailure ? caller : refusalOf(caller);
    const counted = limits?.admit(caller instanceof GrpcFailure || refusal ? 'unregistered' : caller);
    if (counted instanceof CountedCall) this.counted = counted;
    if (counted !== undefined && !(counted instanceof CountedCall)) this.end(counted);
    else if (refusal !== undefined) this.refuseCaller(refusal);
    else this.enter(metadata);
  }

  private enter(metadata: Metadata): void {
    const { lanes } = this.options;
    this.metadata = metadata;
    this.lane = laneOf(this.terms.lane, metadata);
    const admission = this.terms.endless ? 'admitted' : lanes.admit(this.lane, this);
    if (admission === 'admitted') this.admit();
    else if (admission === 'queued') this.state = 'queued';
    else this.refuse();
  }

  admit(): void {
    this.state = 'in flight';
    if (this.metadata !== undefined) this.listener.onReceiveMetadata(this.metadata);
  }

  refuse(): void {
    this.counted?.release();
    this.end({ reason: 'OVERLOAD', retryAfterMs: RETRY_MS[this.lane] });
  }

  /** Some bytes of its request have come. */
  receive(bytes: number): void {
    this.arriving += bytes;
    this.requireRoom();
  }

  /** A whole message has come, which takes the place of the one before. Whether the handler may have it. */
  receiveMessage(bytes: number): boolean {
    const { maxMessageBytes = Number.POSITIVE_INFINITY } = this.terms;
    if (bytes > maxMessageBytes) {
      this.answer(
        { reason: 'SIZE' },
        `a message of this rpc has at most ${maxMessageBytes} bytes, and this one has ${bytes}`,
      );
      return false;
    }
    this.arriving = Math.max(0, this.arriving - MESSAGE_HEAD_BYTES - bytes);
    this.working = bytes;
    return this.requireRoom();
  }

  hold(): void {
    this.holders += 1;
  }

  release(): void {
    this.holders -= 1;
    if (this.holders > 0) return;
    const { state } = this;
    this.state = 'ended';
    this.counted?.release();
    if (state === 'queued') this.options.lanes.leave(this.lane, this);
    if (state === 'in flight' && !this.terms.endless) this.options.lanes.release(this.lane);
  }

  private requireRoom(): boolean {
    if (this.isAnswered) return false;
    if (this.counted?.holds(this.arriving + this.working) ?? true) return true;
    this.answer({ reason: 'BYTES', retryAfterMs: BYTES_RETRY_MS });
    return false;
  }

  private refuseCaller(refusal: GrpcFailure): void {
    this.state = 'refused';
    this.counted?.release();
    const { domain, callers, onEnd } = this.options;
    onEnd?.({ rpc: this.rpc, code: refusal.code, milliseconds: 0, caller: callers.find(this.call) });
    this.call.sendStatus(statusReply(domain, refusal));
  }

  private end(exceeded: LimitExceeded): void {
    this.state = 'refused';
    this.answer(exceeded);
  }

  private answer({ reason, retryAfterMs }: LimitExceeded, message: string = REFUSALS[reason].message): void {
    this.isAnswered = true;
    const { domain, callers } = this.options;
    reportLimited({ rpc: this.rpc, reason, caller: callers.find(this.call) }, this.options);
    const metadata = reason === 'OVERLOAD' ? { lane: this.lane } : {};
    this.call.sendStatus(
      statusReply(domain, { code: status.RESOURCE_EXHAUSTED, ...REFUSALS[reason], message, metadata, retryAfterMs }),
    );
  }
}

/**
 * Admits calls, or refuses them, when their headers arrive: before a byte of a message is read. First the name and the key of
 * the caller are looked at, then its budget. A call that begins to send a message and never ends counts as well.
 */
export class Admissions {
  private readonly arrived = new Map<object, ArrivedCall>();

  constructor(private readonly options: AdmissionOptions) {}

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (!isInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    const rpc = this.options.rpcs.get(path);
    if (rpc === undefined) return call;
    const start = call.start.bind(call);
    call.start = (listener) => start(this.admitting(path, rpc, call, listener));
    return call;
  };

  /** Has the call count until it is released, even when it is cancelled before that. Nothing for what does not count. */
  hold(call: unknown): HeldCall | undefined {
    const arrived = typeof call === 'object' && call !== null ? this.arrived.get(call) : undefined;
    arrived?.hold();
    return arrived;
  }

  private admitting(
    path: string,
    rpc: AdmittedRpc,
    call: ServerInterceptingCallInterface,
    listener: Listener,
  ): Listener {
    const arrived = new ArrivedCall(path, rpc, call, listener, this.options);
    streamOf(call)?.on('data', ({ length }) => arrived.receive(length));
    return {
      onReceiveMetadata: (metadata) => {
        this.arrived.set(call, arrived);
        arrived.arrive(metadata);
      },
      onReceiveMessage: (message: unknown) => {
        if (!Buffer.isBuffer(message) || arrived.receiveMessage(message.length)) listener.onReceiveMessage(message);
      },
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      // grpc-js reports "cancelled" at the end of every call, also of one that was answered.
      onCancel: () => {
        this.arrived.delete(call);
        if (arrived.isRefused) return;
        arrived.release();
        listener.onCancel();
      },
    };
  }
}
