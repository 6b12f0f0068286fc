import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import type { Callers } from '../identity/callers.js';
import type { EndedCall } from './handlers.js';
import { Admitted, type CallLimits, type LimitedCall, type Refused } from './limits.js';
import { type StatusReply, statusReply } from '../errors/status.js';

/** Who is told of calls that were not taken on. */
export interface LimitListeners {
  readonly onLimited: ((call: LimitedCall) => void) | undefined;
  readonly onEnd: ((call: EndedCall) => void) | undefined;
}

export const tellOfLimited = (call: LimitedCall, { onLimited, onEnd }: LimitListeners): void => {
  onLimited?.(call);
  onEnd?.({ rpc: call.rpc, code: status.RESOURCE_EXHAUSTED, milliseconds: 0, caller: call.caller });
};

export interface AdmissionOptions extends LimitListeners {
  readonly limits: CallLimits;
  readonly callers: Callers;
  /** Rpcs that count: all but health and reflection, which are there for whoever watches over an overloaded server. */
  readonly limited: ReadonlySet<string>;
  /** `ErrorInfo.domain`. */
  readonly domain: string;
}

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

const isInterceptingCall = (call: ServerInterceptingCallInterface): call is ServerInterceptingCall => 'start' in call;

const SAYS = {
  RATE: { reason: 'RATE_LIMIT', message: 'this caller calls more often than it may; wait as long as RetryInfo says' },
  CONCURRENCY: {
    reason: 'CONCURRENCY_LIMIT',
    message: 'this caller has as many calls in hand as it may; wait for some of them, or as long as RetryInfo says',
  },
} as const;

/**
 * Takes calls on, or refuses them with RESOURCE_EXHAUSTED, when their headers have come: before a byte of their messages is
 * read, so that what a caller begins to send and does not end counts, too.
 */
export class Admissions {
  private readonly admitted = new Map<object, Admitted>();

  constructor(private readonly options: AdmissionOptions) {}

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    if (!isInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    if (!this.options.limited.has(path)) return call;
    const start = call.start.bind(call);
    call.start = (listener) => start(this.admitting(path, call, listener));
    return call;
  };

  /** The call counts until its handler is done, also when it is cancelled before: what this gives lets it go. */
  hold(call: unknown): (() => void) | undefined {
    const admitted = typeof call === 'object' && call !== null ? this.admitted.get(call) : undefined;
    if (admitted === undefined) return undefined;
    admitted.hold();
    return () => admitted.letGo();
  }

  private admitting(rpc: string, call: ServerInterceptingCallInterface, listener: Listener): Listener {
    let admission: Admitted | Refused | undefined;
    return {
      onReceiveMetadata: (metadata) => {
        // Who cannot be named is for the handler to refuse.
        const caller = this.options.callers.find(call);
        if (caller !== undefined) admission = this.options.limits.admit(caller);
        if (admission instanceof Admitted) this.admitted.set(call, admission);
        else if (admission !== undefined) {
          tellOfLimited({ rpc, reason: admission.reason, caller }, this.options);
          call.sendStatus(this.refusal(admission));
          return;
        }
        listener.onReceiveMetadata(metadata);
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      // grpc-js says "cancelled" after each call, also of one that was answered.
      onCancel: () => {
        if (admission !== undefined && !(admission instanceof Admitted)) return;
        this.admitted.delete(call);
        admission?.letGo();
        listener.onCancel();
      },
    };
  }

  private refusal({ reason, retryAfterMs }: Refused): StatusReply {
    return statusReply(this.options.domain, { code: status.RESOURCE_EXHAUSTED, ...SAYS[reason], retryAfterMs });
  }
}
