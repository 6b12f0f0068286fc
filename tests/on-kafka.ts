import { itOnKafka, type MaybeIt } from '@crossroads/testing/on-kafka';
import { ownSettings } from './whole-mesh.js';

/** `it` of what needs a mesh on Kafka itself. */
export const onKafka: MaybeIt = await itOnKafka(ownSettings());
