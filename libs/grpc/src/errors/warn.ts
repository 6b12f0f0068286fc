import { processLog } from '@crossroads/telemetry';

/** Says in the log what fails in the background: the kind of error only, as its message may hold what nobody should read. */
export const warn =
  (what: string) =>
  (error: unknown, attempt?: number): void => {
    const kind = error instanceof Error ? error.name : typeof error;
    processLog().warn('something failed in the background', { what, attempt, error: kind });
  };
