import { Database } from '@crossroads/database';
import { InvalidInput, GrpcClients } from '@crossroads/grpc';
import { isTopicName, PARTITIONS } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { consumersByTopic, consumersIn, sourcesOf } from './consumers-of.js';
import { type Resynced, resyncPartition } from './resync-partition.js';

export interface ResyncRequest {
  readonly topic: string;
  readonly partition: string;
  /** Nothing is written without it. */
  readonly confirm: boolean;
}

/** Resynchronizes a partition of a topic after its publisher was restored to an older state: `main.js resync`. */
@Injectable()
export class Resync {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly db: Database,
    private readonly clients: GrpcClients,
  ) {}

  /** @throws InvalidInput; RemoteError when the publisher does not answer; StepTaken when the partition has just gone on */
  async run({ topic, partition, confirm }: ResyncRequest): Promise<Resynced[]> {
    const all = consumersByTopic(consumersIn(this.discovery));
    const found = all.find((one) => one.topic === topic);
    if (!found || !isTopicName(topic))
      throw new InvalidInput({
        field: 'topic',
        reason: 'NOT_CONSUMED',
        description: `this service consumes ${all.map((one) => one.topic).join(', ')}`,
      });
    const number = /^\d{1,4}$/.test(partition) ? Number(partition) : Number.NaN;
    if (!(number < PARTITIONS))
      throw new InvalidInput({
        field: 'partition',
        reason: 'OUT_OF_RANGE',
        description: `partitions are numbers from 0 to ${PARTITIONS - 1}`,
      });
    const { consumer } = found;
    return resyncPartition({
      topic,
      partition: number,
      sources: sourcesOf(topic, this.clients),
      db: this.db,
      confirm,
      onPhantoms: async (range, tx) => consumer.onPhantoms?.(range, tx),
    });
  }
}

/** What a resync says to who has started it. */
export const resyncReport = (resynced: readonly Resynced[]): string[] => {
  if (resynced.length === 0) return ['Nothing was read of this partition yet.'];
  return resynced.flatMap((one) => {
    const log = `log ${one.logId} of ${one.source}`;
    if (one.state === 'COMMON') return [`${log}: it has the place that was read; nothing to do.`];
    if (one.state === 'LOG_GONE')
      return [`${log}: its publisher has another log now, which is read from its beginning.`];
    const { after, upTo } = one.phantoms;
    return [
      `${log}: the newest place in common is ${one.mark.position}.`,
      `Positions ${after + 1n} to ${upTo} (${upTo - after}) were taken here, and are lost at the publisher.`,
      one.startedGeneration === undefined
        ? 'Nothing was written. Repeat it with --confirm to go on from there.'
        : `Generation ${one.startedGeneration} goes on from there by itself.`,
    ];
  });
};
