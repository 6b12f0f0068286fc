import {
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import { statusReply } from './status.js';

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

const explained = (domain: string, ending: Ending): Ending => {
  if (ending.code === status.OK || ending.metadata?.get('grpc-status-details-bin').length) return ending;
  const own = OWN.find(({ when }) => when.test(ending.details));
  return own === undefined
    ? ending
    : statusReply(domain, { code: own.code, reason: own.reason, message: own.say ?? ending.details });
};

/** grpc-js types an interceptor's result as its own wrapper, and takes anything with this interface. */
const asInterceptingCall = (call: ServerInterceptingCallInterface): call is ServerInterceptingCall =>
  'sendStatus' in call;

/** Gives the refusals that grpc-js sends by itself (frames, compression, sizes, time-outs) the code and details of ours. */
export const framingErrors =
  (domain: string): ServerInterceptor =>
  (_method, call) => {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (ending) => send(explained(domain, ending));
    if (!asInterceptingCall(call)) throw new TypeError('grpc-js gave no call to intercept');
    return call;
  };
