import { Database } from '@crossroads/database';
import { GrpcClients, InvalidInput } from '@crossroads/grpc';
import { isTopicName, PARTITIONS, type TopicName } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { EventConsumer } from './consumer.decorator.js';
import { consumersByTopic, consumersIn, sourcesOf } from './consumers-of.js';
import { lostLine } from './lost-persons.js';
import { ParkedMessageRepository } from './parked-message.repository.js';
import { type Resynced, resyncPartition } from './resync-partition.js';
import { resyncTable } from './resync-table.js';

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
    const outcomes = new Map<number, readonly Resynced[] | Error>();
    for (let number = 0; number < PARTITIONS; number++) {
      const outcome = await resync(number).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      );
      outcomes.set(number, outcome);
      for (const line of linesOf(outcome)) say(`partition ${number}: ${line}`);
      for (const line of lostLines(outcome)) say(line);
    }
    for (const line of resyncTable(outcomes)) say(line);
    const failed = [...outcomes].flatMap(([number, outcome]) => (outcome instanceof Error ? [number] : []));
    if (failed.length > 0)
      throw new Error(`partitions ${failed.join(', ')} failed; repeat it, the others do not change`);
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

const linesOf = (outcome: readonly Resynced[] | Error): string[] =>
  outcome instanceof Error ? [`failed: ${outcome.message.split('\n')[0]}`] : sentencesOf(outcome);

const lostLines = (outcome: readonly Resynced[] | Error): string[] =>
  outcome instanceof Error ? [] : outcome.flatMap((one) => (one.state === 'FORKED' ? one.lost.map(lostLine) : []));

/** What a resync says to who has started it. */
export const resyncReport = (resynced: readonly Resynced[]): string[] => [
  ...sentencesOf(resynced),
  ...lostLines(resynced),
];

const sentencesOf = (resynced: readonly Resynced[]): string[] => {
  if (resynced.length === 0) return ['Nothing was read of this partition yet.'];
  return resynced.flatMap((one) => {
    const log = `log ${one.logId} of ${one.source}`;
    if (one.state === 'COMMON') return [`${log}: it has the place that was read; nothing to do.`];
    if (one.state === 'LOG_GONE')
      return [`${log}: its publisher has another log now, which is read from its beginning.`];
    const { after, upTo } = one.phantoms;
    return [
      `${log}: the newest place in common is ${one.mark.position}.`,
      `Positions ${after + 1n} to ${upTo} (${upTo - after}) were taken here, and may be lost at the publisher.`,
      ...one.report,
      one.startedGeneration === undefined
        ? 'Nothing was written. Repeat it with --confirm to go on from there.'
        : `Generation ${one.startedGeneration} goes on from there by itself.`,
    ];
  });
};
