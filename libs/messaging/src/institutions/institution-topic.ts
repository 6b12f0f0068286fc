import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@crossroads/grpc';
import type { Broker } from '../broker/broker.js';

/** Less than clients usually wait for an answer, so that they get the error. */
const WITHIN_MS = 3_000;
const PAUSE_MS = { min: 50, max: 500 };

/**
 * Waits for the topic of an institution, which the broker-keeper creates once the policy names the institution: for three seconds, as
 * somebody may wait for the answer.
 * @returns the number of its partitions
 * @throws Unavailable TOPIC_NOT_THERE; BrokerUnavailable
 */
export const institutionTopic = async (broker: Broker, topic: string, signal?: AbortSignal): Promise<number> => {
  const until = performance.now() + WITHIN_MS;
  for (let pauseMs = PAUSE_MS.min; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.max)) {
    const partitions = await broker.partitionsOf(topic);
    if (partitions !== undefined) return partitions;
    signal?.throwIfAborted();
    if (performance.now() >= until)
      throw new Unavailable(
        'TOPIC_NOT_THERE',
        'the topic of the institution is not there yet; the broker-keeper creates it, so try again soon',
        { metadata: { topic } },
      );
    await delay(pauseMs);
  }
};
