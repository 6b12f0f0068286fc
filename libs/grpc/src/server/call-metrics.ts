import { counter, histogram, isMeasuring, observe } from '@crossroads/telemetry';
import { status } from '@grpc/grpc-js';
import { isServiceCall } from './call-tracing.js';
import type { ServerOptions } from './server.js';

const durations = histogram('crossroads.call.duration.seconds');
const limited = counter('crossroads.calls_limited');

/** Adds metrics to the listeners for ended and limited calls; without telemetry the options stay as they are. */
export const measured = (options: ServerOptions): ServerOptions => {
  if (!isMeasuring()) return options;
  const methods = options.services.flat();
  for (const { rpc } of methods)
    for (const reason of ['RATE', 'CONCURRENCY', 'SIZE', 'BYTES', 'OVERLOAD']) limited.add(0, { rpc, reason });
  // A watch lasts as long as its client wants, which is no latency.
  const endless = new Set(methods.filter((method) => method.endless).map(({ rpc }) => rpc));
  return {
    ...options,
    onEnd: (call) => {
      const { rpc, code, milliseconds, caller } = call;
      if (isServiceCall(rpc) && !endless.has(rpc))
        durations.record(milliseconds / 1_000, {
          rpc,
          code: status[code] ?? 'UNKNOWN',
          caller_kind: caller?.kind ?? 'unknown',
        });
      options.onEnd?.(call);
    },
    onLimited: (call) => {
      limited.add(1, { rpc: call.rpc, reason: call.reason });
      options.onLimited?.(call);
    },
  };
};

/** Reports the calls in flight by rpc whenever metrics are sent. Returns the function that ends it. */
export const observeCalls = (
  methods: readonly { readonly rpc: string }[],
  active: () => Iterable<{ readonly rpc: string }>,
): (() => void) =>
  observe('crossroads.calls_in_flight', () => {
    const counts = new Map(methods.map(({ rpc }) => [rpc, 0]));
    for (const { rpc } of active()) if (isServiceCall(rpc)) counts.set(rpc, (counts.get(rpc) ?? 0) + 1);
    return [...counts].map(([rpc, value]) => ({ value, of: { rpc } }));
  });
