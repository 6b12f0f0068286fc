import { Database } from '@crossroads/database';
import { GrpcClients, InvalidInput } from '@crossroads/grpc';
import { isTopicName, PARTITIONS, type TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { EventConsumer } from './consumer.decorator.js';
import { consumersByTopic, consumersIn, sourcesOf } from './consumers-of.js';
import { ParkedMessageRepository } from './parked-message.repository.js';
import { type Resynced, resyncPartition } from './resync-partition.js';
import { resyncAll, resyncReport } from './resync-report.js';

export interface ResyncRequest {
  readonly topic: string;
  /** A number, or `all`. */
  readonly partition: string;
  /** Nothing is written without it. */
  readonly confirm: boolean;
}

/** Resynchronizes partitions of a topic after its publisher was restored to an older state: `main.js resync`. */
@Injectable()
export class Resync {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly db: Database,
    private readonly clients: GrpcClients,
    private readonly parked: ParkedMessageRepository,
  ) {}

  /**
   * Of all partitions, one that fails does not keep the others waiting.
   * @throws InvalidInput; RemoteError when the publisher does not answer; StepTaken when the partition has just gone on; when some of
   * all partitions failed
   */
  async run({ topic, partition, confirm }: ResyncRequest, say: (line: string) => void): Promise<void> {
    const all = consumersByTopic(consumersIn(this.discovery));
    const found = all.find((one) => one.topic === topic);
    if (!found || !isTopicName(topic))
      throw new InvalidInput({
        field: 'topic',
        reason: 'NOT_CONSUMED',
        description: `this service consumes ${all.map((one) => one.topic).join(', ')}`,
      });
    const resync = (number: number) => this.resync(topic, number, found.consumer, confirm);
    if (partition !== 'all') {
      for (const line of resyncReport(await resync(partitionIn(partition)))) say(line);
      return;
    }
    await resyncAll(
      Array.from({ length: PARTITIONS }, (_, number) => number),
      resync,
      say,
    );
  }

  private resync(
    topic: TopicName,
    partition: number,
    consumer: EventConsumer<unknown>,
    confirm: boolean,
  ): Promise<Resynced[]> {
    return resyncPartition({
      topic,
      partition,
      sources: sourcesOf(topic, this.clients),
      db: this.db,
      confirm,
      onPhantoms: async (phantoms, log) => {
        const work = await consumer.onPhantoms?.(phantoms, log);
        return {
          apply: async (tx) => {
            await this.parked.removeLost(tx, phantoms);
            await work?.apply(tx);
          },
          report: work?.report ?? [],
          lost: work?.lost ?? [],
        };
      },
    });
  }
}

const partitionIn = (partition: string): number => {
  const number = /^\d{1,4}$/.test(partition) ? Number(partition) : Number.NaN;
  if (number < PARTITIONS) return number;
  throw new InvalidInput({
    field: 'partition',
    reason: 'OUT_OF_RANGE',
    description: `partitions are numbers from 0 to ${PARTITIONS - 1}, or all`,
  });
};
