import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import { laneOf } from '../subscription/lanes.rules.js';

/** The lane of a person's deliveries in a topic of so many: that of its mutations. */
export const laneOfPerson = (personId: string, laneCount: number): number =>
  laneOf(topicPartitionOf(partitionOf('main', personId)), laneCount);
