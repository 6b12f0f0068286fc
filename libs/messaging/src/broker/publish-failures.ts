import { counter } from '@crossroads/telemetry';

const errors = counter('crossroads.relay_errors');
const counted = new Set<string>();

/** Counts failed attempts to publish. A topic is counted as zero from its first attempt on: alerts need a value to see growth. */
export const countFailures = async (topic: string, attempt: Promise<void>): Promise<void> => {
  if (!counted.has(topic)) {
    counted.add(topic);
    errors.add(0, { topic });
  }
  try {
    await attempt;
  } catch (error) {
    errors.add(1, { topic });
    throw error;
  }
};
