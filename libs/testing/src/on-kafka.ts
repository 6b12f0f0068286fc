import { kafkaAbsence } from '@crossroads/local';
import { it } from '@jest/globals';

/** `it`, or `it.skip`. */
export type MaybeIt = typeof it | (typeof it)['skip'];

/** As `testKafka` looks for one. */
const ofSpecs = (): NodeJS.ProcessEnv => ({ ...process.env, KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'] });

/**
 * `it` of what needs Kafka itself: skipped, and aloud, where there can be none. Awaited while the spec is loaded, because
 * a test that runs can no longer be skipped.
 */
export const itOnKafka = async (environment: NodeJS.ProcessEnv = ofSpecs()): Promise<MaybeIt> => {
  const why = await kafkaAbsence(environment);
  if (why === undefined) return it;
  process.stderr.write(`SKIPPED, no Kafka: ${why}\n`);
  return it.skip;
};
