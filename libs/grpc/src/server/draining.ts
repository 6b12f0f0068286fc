import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '@grpc/grpc-js';

const HASTY_MS = 1_000;

/** Goes on as it is for so long, or until somebody hastens. */
export const drained = async (ms: number, hasten: AbortSignal | undefined): Promise<void> => {
  if (ms > 0) await delay(ms, undefined, { ...(hasten ? { signal: hasten } : {}) }).catch(() => undefined);
};

/** Takes no connection and no new call, and waits for those in flight. Resolves with whether all have ended in time. */
export const closed = (server: Server, withinMs: number, hasten: AbortSignal | undefined): Promise<boolean> =>
  new Promise((resolve) => {
    let late = setTimeout(resolve, withinMs, false);
    const hurry = () => {
      clearTimeout(late);
      late = setTimeout(resolve, Math.min(HASTY_MS, withinMs), false);
    };
    if (hasten?.aborted) hurry();
    hasten?.addEventListener('abort', hurry, { once: true });
    server.tryShutdown(() => {
      clearTimeout(late);
      hasten?.removeEventListener('abort', hurry);
      resolve(true);
    });
  });
