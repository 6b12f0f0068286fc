import { itOnKafka, type MaybeIt } from '@crossroads/testing/on-kafka';
import { ownSettings } from './whole-mesh.js';

/** `it` for tests that need a mesh with Kafka. */
export const onKafka: MaybeIt = await itOnKafka(ownSettings());
