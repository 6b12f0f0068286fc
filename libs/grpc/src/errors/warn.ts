import { processLog } from '@crossroads/telemetry';
import { outageCodeOf } from './outage.js';

/** Logs a failure of background work by the kind of its error. The message is left out: it may hold personal data. */
export const warn =
  (what: string) =>
  (error: unknown, attempt?: number): void => {
    const kind = error instanceof Error ? error.name : typeof error;
    processLog().warn('something failed in the background', { what, attempt, error: kind, code: outageCodeOf(error) });
  };
