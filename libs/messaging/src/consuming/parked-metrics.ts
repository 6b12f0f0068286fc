import { observe } from '@crossroads/telemetry';
import type { ParkedMessageRepository } from './parked-message.repository.js';

/** Counts the parked messages of a topic. Returns a function that stops observing. */
export const observeParked = (parked: ParkedMessageRepository, topic: string): (() => void) =>
  observe('crossroads.deliveries_parked', async () => [{ value: await parked.count(topic), of: { topic } }]);
