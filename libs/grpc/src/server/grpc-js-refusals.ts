import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { statusReply } from '../errors/status.js';

type Ending = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** What grpc-js answers by itself, before a handler is asked, and what it should have been. */
const OWN: readonly { readonly when: RegExp; readonly code: status; readonly reason: string; readonly say?: string }[] =
  [
    { when: /larger than/, code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' },
    { when: /^Failed to decompress/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_MESSAGE' },
    { when: /^Error deserializing request/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_MESSAGE' },
    { when: /^Invalid grpc-timeout/, code: status.INVALID_ARGUMENT, reason: 'MALFORMED_TIMEOUT' },
    {
      when: /^Received (no|a second) request message/,
      code: status.INVALID_ARGUMENT,
      reason: 'MALFORMED_MESSAGE',
      say: 'this rpc takes exactly one whole request message; the call carried another number of them',
    },
  ];

/** What grpc-js refused by itself; nothing when the ending is an answer, or has our details already. */
const ownOf = ({ code, details, metadata }: Ending) =>
  code === status.OK || metadata?.get('grpc-status-details-bin').length
    ? undefined
    : OWN.find(({ when }) => when.test(details));

/** grpc-js types an interceptor's result as its own wrapper, and takes anything with this interface. */
const asInterceptingCall = (call: ServerInterceptingCallInterface): call is ServerInterceptingCall =>
  'sendStatus' in call;

/**
 * Gives the refusals that grpc-js sends by itself (frames, compression, sizes, time-outs) the code and details of ours. What is
 * too large has no RetryInfo: it is too large the next time as well.
 */
export const framingErrors =
  (domain: string, onTooLarge: (rpc: string, call: ServerInterceptingCallInterface) => void): ServerInterceptor =>
  ({ path }, call) => {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (ending) => {
      const own = ownOf(ending);
      if (own === undefined) return send(ending);
      const { code, reason, say: message = ending.details } = own;
      if (reason === 'MESSAGE_TOO_LARGE') onTooLarge(path, call);
      return send(statusReply(domain, { code, reason, message }));
    };
    if (!asInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    return call;
  };
