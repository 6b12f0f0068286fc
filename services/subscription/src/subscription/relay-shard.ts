import { createHash } from 'node:crypto';

/** The shares of the relay's work: each subscriber and lane is in one, and a process holds some of them. */
export const SHARDS = 16;

export const shardOf = (institution: string, lane: number): number =>
  createHash('sha256').update(`${institution} ${lane}`).digest().readUInt16BE() % SHARDS;
