import { dayOf, parseSsin } from '@crossroads/identifiers';
import { isTracing, type ServedCall, serveCall } from '@crossroads/telemetry';
import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../identity/caller.js';

/** Calls of health and reflection are nobody's work. */
export const isOwnWork = (rpc: string): boolean => !rpc.startsWith('/grpc.');

/** The span of a call that has arrived; nothing when telemetry is off, or nobody traces it. */
export const spanOf = (rpc: string, metadata: Metadata, caller: Caller): ServedCall | undefined => {
  if (!isTracing() || !isOwnWork(rpc)) return undefined;
  const [traceparent] = metadata.get('traceparent');
  if (caller.kind === 'service') return serveCall(rpc, traceparent, true);
  return serveCall(
    rpc,
    typeof traceparent === 'string' && !namesSomebody(traceparent) ? traceparent : undefined,
    false,
  );
};

/**
 * Whether a trace's id holds somebody's number: an institution draws it as it likes, and it would go into every log, span
 * and header. By chance that happens to one in tens of thousands, which then begins a trace of its own here.
 */
const namesSomebody = (traceparent: string): boolean =>
  holdsSsin(traceparent) || holdsSsin(Buffer.from(traceparent.replaceAll('-', ''), 'hex').toString('latin1'));

const holdsSsin = (text: string): boolean => {
  const runs = text.match(/[0-9]{11,}/g);
  if (runs === null) return false;
  const today = dayOf(new Date());
  return runs.some((run) => {
    for (let from = 0; from + 11 <= run.length; from++)
      if (parseSsin(run.slice(from, from + 11), { mode: 'development', today }).ok) return true;
    return false;
  });
};
