import { kafkaAbsence } from '@crossroads/local';
import { it } from '@jest/globals';

/** `it`, or `it.skip`. */
export type MaybeIt = typeof it | (typeof it)['skip'];

/** The environment in which `testKafka` looks for Kafka. */
const ofSpecs = (): NodeJS.ProcessEnv => ({ ...process.env, KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'] });

/**
 * `it` for tests that need Kafka. Without Kafka they are skipped, and the reason is printed. Await it while the spec is loaded, because a
 * running test can no longer be skipped.
 */
export const itOnKafka = async (environment: NodeJS.ProcessEnv = ofSpecs()): Promise<MaybeIt> => {
  const why = await kafkaAbsence(environment);
  if (why === undefined) return it;
  process.stderr.write(`SKIPPED, no Kafka: ${why}\n`);
  return it.skip;
};
