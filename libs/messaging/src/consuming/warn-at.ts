import type { LogPlace } from '@crossroads/eventsourcing';
import { processLog } from '@crossroads/telemetry';

/** Says what has happened to the reading of a topic, and where. */
export const warnAt = (topic: string, { partition, logId, position }: LogPlace, what: string): void =>
  processLog().warn(what, { topic, partition, log: logId, position: String(position) });
