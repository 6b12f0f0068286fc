import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { type StatusReply, statusReply } from '../errors/status.js';
import type { Callers } from '../identity/callers.js';
import type { EndedCall } from './handlers.js';
import { AdmittedCall, type CallLimits, type LimitedCall, type LimitExceeded } from './limits.js';

/** Who is told about calls that exceeded a limit. */
export interface LimitListeners {
  readonly onLimited: ((call: LimitedCall) => void) | undefined;
  readonly onEnd: ((call: EndedCall) => void) | undefined;
}

export const reportLimited = (call: LimitedCall, { onLimited, onEnd }: LimitListeners): void => {
  onLimited?.(call);
  onEnd?.({ rpc: call.rpc, code: status.RESOURCE_EXHAUSTED, milliseconds: 0, caller: call.caller });
};

export interface AdmissionOptions extends LimitListeners {
  readonly limits: CallLimits;
  readonly callers: Callers;
  /** Rpcs that count. Health and reflection do not, so that an overloaded server can be observed. */
  readonly limited: ReadonlySet<string>;
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
} as const;

/**
 * Admits calls, or refuses them with RESOURCE_EXHAUSTED, when their headers arrive: before a byte of a message is read. A call
 * that begins to send a message and never ends counts as well.
 */
export class Admissions {
  private readonly admitted = new Map<object, AdmittedCall>();

  constructor(private readonly options: AdmissionOptions) {}

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (!isInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    if (!this.options.limited.has(path)) return call;
    const start = call.start.bind(call);
    call.start = (listener) => start(this.admitting(path, call, listener));
    return call;
  };

  /** Has the call count until its handler ends, even when it is cancelled before that. Returns the function that releases it. */
  hold(call: unknown): (() => void) | undefined {
    const admitted = typeof call === 'object' && call !== null ? this.admitted.get(call) : undefined;
    if (admitted === undefined) return undefined;
    admitted.hold();
    return () => admitted.release();
  }

  private admitting(rpc: string, call: ServerInterceptingCallInterface, listener: Listener): Listener {
    let admission: AdmittedCall | LimitExceeded | undefined;
    return {
      onReceiveMetadata: (metadata) => {
        // The handler refuses callers that the certificate does not name.
        const caller = this.options.callers.find(call);
        if (caller !== undefined) admission = this.options.limits.admit(caller);
        if (admission instanceof AdmittedCall) this.admitted.set(call, admission);
        else if (admission !== undefined) {
          reportLimited({ rpc, reason: admission.reason, caller }, this.options);
          call.sendStatus(this.refusal(admission));
          return;
        }
        listener.onReceiveMetadata(metadata);
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      // grpc-js reports "cancelled" at the end of every call, also of one that was answered.
      onCancel: () => {
        if (admission !== undefined && !(admission instanceof AdmittedCall)) return;
        this.admitted.delete(call);
        admission?.release();
        listener.onCancel();
      },
    };
  }

  private refusal({ reason, retryAfterMs }: LimitExceeded): StatusReply {
    return statusReply(this.options.domain, { code: status.RESOURCE_EXHAUSTED, ...REFUSALS[reason], retryAfterMs });
  }
}
