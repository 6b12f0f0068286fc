import { counter } from '@crossroads/telemetry';

const errors = counter('crossroads.relay_errors');
const seen = new Set<string>();

/** Counts an attempt to publish that fails. A topic is there from its first attempt on: an alert sees no growth from nothing. */
export const countFailures = async (topic: string, attempt: Promise<void>): Promise<void> => {
  if (!seen.has(topic)) {
    seen.add(topic);
    errors.add(0, { topic });
  }
  try {
    await attempt;
  } catch (error) {
    errors.add(1, { topic });
    throw error;
  }
};
