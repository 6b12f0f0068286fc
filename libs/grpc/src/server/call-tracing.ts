import { dayOf, parseSsin } from '@crossroads/identifiers';
import { isTracing, type ServedCall, serveCall } from '@crossroads/telemetry';
import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../identity/caller.js';

/** Not health or reflection, which are neither measured nor traced. */
export const isServiceCall = (rpc: string): boolean => !rpc.startsWith('/grpc.');

/** The span of an incoming call; nothing when telemetry is off, or the call is not traced. */
export const spanOf = (rpc: string, metadata: Metadata, caller: Caller): ServedCall | undefined => {
  if (!isTracing() || !isServiceCall(rpc)) return undefined;
  const [traceparent] = metadata.get('traceparent');
  if (caller.kind === 'service') return serveCall(rpc, traceparent, true);
  return serveCall(rpc, typeof traceparent === 'string' && !containsSsin(traceparent) ? traceparent : undefined, false);
};

/**
 * Whether a trace id contains an SSIN. An institution chooses the id freely, and it would reach every log, span and header. A random
 * id contains one by chance in one of tens of thousands of calls, which then begin a new trace here.
 */
const containsSsin = (traceparent: string): boolean =>
  textContainsSsin(traceparent) ||
  textContainsSsin(Buffer.from(traceparent.replaceAll('-', ''), 'hex').toString('latin1'));

const textContainsSsin = (text: string): boolean => {
  const runs = text.match(/[0-9]{11,}/g);
  if (runs === null) return false;
  const today = dayOf(new Date());
  return runs.some((run) => {
    for (let from = 0; from + 11 <= run.length; from++)
      if (parseSsin(run.slice(from, from + 11), { mode: 'development', today }).ok) return true;
    return false;
  });
};
