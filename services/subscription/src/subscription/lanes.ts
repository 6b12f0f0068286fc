import { createHash } from 'node:crypto';

/** How many partitions a subscriber's topic may have. Each divides the partitions of the log, so that lanes are of equal size. */
export const LANE_COUNTS: readonly number[] = [1, 4, 16];

/** The shares of the relay's work: each subscriber and lane is in one, and a process holds some of them. */
export const SHARDS = 16;

/** The lane of a mutation in a subscriber's topic; all changes of a person are in one log partition. */
export const laneOf = (logPartition: number, laneCount: number): number => logPartition % laneCount;

export const shardOf = (institution: string, lane: number): number =>
  createHash('sha256').update(`${institution} ${lane}`).digest().readUInt16BE() % SHARDS;
