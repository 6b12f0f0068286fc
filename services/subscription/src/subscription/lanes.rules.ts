/** How many partitions a subscriber's topic may have. Each divides the partitions of the log, so that lanes are of equal size. */
export const LANE_COUNTS: readonly number[] = [1, 4, 16];

/** The lane of a mutation in a subscriber's topic; all changes of a person are in one log partition. */
export const laneOf = (logPartition: number, laneCount: number): number => logPartition % laneCount;
