import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { statusReply } from '../errors/status.js';

type StatusToSend = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** Refusals that grpc-js sends itself, before a handler is called, with the code and reason they should have. */
const REFUSALS: readonly {
  readonly when: RegExp;
  readonly code: status;
  readonly reason: string;
  readonly message?: string;
}[] = [
  { when: /larger than/, code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' },
  { when: /^Failed to decompress/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_MESSAGE' },
  { when: /^Error deserializing request/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_MESSAGE' },
  { when: /^Invalid grpc-timeout/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_TIMEOUT' },
  {
    when: /^Received (no|a second) request message/,
    code: status.INVALID_ARGUMENT,
    reason: 'MALFORMED_MESSAGE',
    message: 'this rpc takes exactly one whole request message; the call carried another number of them',
  },
];

/** Nothing when the status is an answer, or has details already. */
const refusalOf = ({ code, details, metadata }: StatusToSend) =>
  code === status.OK || metadata?.get('grpc-status-details-bin').length
    ? undefined
    : REFUSALS.find(({ when }) => when.test(details));

/** grpc-js declares the result of an interceptor as its own class, and accepts any object with this interface. */
const asInterceptingCall = (call: ServerInterceptingCallInterface): call is ServerInterceptingCall =>
  'sendStatus' in call;

/**
 * Gives the refusals of grpc-js itself (frames, compression, sizes, time-outs) an `ErrorInfo`, like all others. A message that is
 * too large gets no RetryInfo: it will be too large the next time as well.
 */
export const withErrorDetails =
  (domain: string, onTooLarge: (rpc: string, call: ServerInterceptingCallInterface) => void): ServerInterceptor =>
  ({ path }, call) => {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (ending) => {
      const refusal = refusalOf(ending);
      if (refusal === undefined) return send(ending);
      const { code, reason, message = ending.details } = refusal;
      if (reason === 'MESSAGE_TOO_LARGE') onTooLarge(path, call);
      return send(statusReply(domain, { code, reason, message }));
    };
    if (!asInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    return call;
  };
