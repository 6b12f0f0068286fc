import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '@grpc/grpc-js';

/** What remains for calls in flight once a stop is forced. */
const FORCED_STOP_MS = 1_000;

/** Resolves after `ms`, or as soon as the stop is forced. */
export const drain = async (ms: number, forceStop: AbortSignal | undefined): Promise<void> => {
  if (ms > 0) await delay(ms, undefined, { ...(forceStop ? { signal: forceStop } : {}) }).catch(() => undefined);
};

/** Accepts no connection and no new call, and waits for calls in flight. Resolves with whether all of them ended in time. */
export const shutDown = (server: Server, timeoutMs: number, forceStop: AbortSignal | undefined): Promise<boolean> =>
  new Promise((resolve) => {
    let timer = setTimeout(resolve, timeoutMs, false);
    const shorten = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, Math.min(FORCED_STOP_MS, timeoutMs), false);
    };
    if (forceStop?.aborted) shorten();
    forceStop?.addEventListener('abort', shorten, { once: true });
    server.tryShutdown(() => {
      clearTimeout(timer);
      forceStop?.removeEventListener('abort', shorten);
      resolve(true);
    });
  });
