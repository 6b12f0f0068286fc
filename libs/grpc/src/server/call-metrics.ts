import { counter, histogram, isMeasuring, observe } from '@crossroads/telemetry';
import { status } from '@grpc/grpc-js';
import { isOwnWork } from './call-tracing.js';
import type { ServerOptions } from './server.js';

const durations = histogram('crossroads.call.duration.seconds');
const limited = counter('crossroads.calls_limited');

/** The same options, with everything that is told of ended and refused calls measured, too; when nothing is measured, as they are. */
export const measured = (options: ServerOptions): ServerOptions => {
  if (!isMeasuring()) return options;
  const methods = options.services.flat();
  for (const { rpc } of methods) for (const reason of ['RATE', 'CONCURRENCY', 'SIZE']) limited.add(0, { rpc, reason });
  // A watch lasts as long as its watcher: that is no latency.
  const endless = new Set(methods.filter((method) => method.endless).map(({ rpc }) => rpc));
  return {
    ...options,
    onEnd: (call) => {
      const { rpc, code, milliseconds, caller } = call;
      if (isOwnWork(rpc) && !endless.has(rpc))
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

/** Has the calls in hand counted by rpc, whenever metrics are sent. Gives what ends it. */
export const observeCalls = (
  methods: readonly { readonly rpc: string }[],
  active: () => Iterable<{ readonly rpc: string }>,
): (() => void) =>
  observe('crossroads.calls_in_flight', () => {
    const counts = new Map(methods.map(({ rpc }) => [rpc, 0]));
    for (const { rpc } of active()) if (isOwnWork(rpc)) counts.set(rpc, (counts.get(rpc) ?? 0) + 1);
    return [...counts].map(([rpc, value]) => ({ value, of: { rpc } }));
  });
