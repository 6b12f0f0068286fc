import type { Logged } from '../event-store.js';
import { type LogName, logOf } from './partitions.js';

/** What a pass says of the lag holds for so long: without events nothing lags. */
const FADES_MS = 5_000;

const lags = new Map<LogName, { readonly seconds: number; readonly until: number }>();

/** Notes how old the oldest event of a pass was when it got its position. */
export const notePass = (events: readonly Pick<Logged, 'partition' | 'recordedAt'>[], now = Date.now()): void => {
  for (const [log, own] of Map.groupBy(events, ({ partition }) => logOf(partition))) {
    const oldest = Math.min(...own.map(({ recordedAt }) => recordedAt.getTime()));
    lags.set(log, { seconds: Math.max(0, (now - oldest) / 1_000), until: now + FADES_MS });
  }
};

/** Age of the oldest event of the last pass of this process, in each log; 0 when nothing came for five seconds. */
export const stampLag = (now = Date.now()): readonly { readonly log: LogName; readonly seconds: number }[] =>
  (['main', 'journal'] as const).map((log) => {
    const last = lags.get(log);
    return { log, seconds: last !== undefined && now < last.until ? last.seconds : 0 };
  });
