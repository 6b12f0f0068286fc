import { createHash } from 'node:crypto';

/** The partition of an event that names none; events of one key lie in one partition, in their order. */
export const partitionOfKey = (key: string, partitions: number): number =>
  partitions === 1 ? 0 : createHash('sha256').update(key).digest().readUInt32BE(0) % partitions;
