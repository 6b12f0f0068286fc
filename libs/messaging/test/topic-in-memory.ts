import { setTimeout as delay } from 'node:timers/promises';
import type { Broker, CloudEvent, ConsumeOptions } from '@crossroads/messaging';
import { sealing, TOPIC } from './sealing.js';

/** What goes wrong between a broker and its consumers, as probabilities for each batch. */
export interface Mischief {
  readonly random: () => number;
  /** An earlier part of the partition comes again. */
  readonly goBack?: number;
  /** A later batch comes first. */
  readonly swap?: number;
  /** The offset of a handled batch is lost. */
  readonly loseOffset?: number;
  /** Each event of a batch comes twice. */
  readonly double?: number;
}

interface Member {
  readonly options: ConsumeOptions;
  readonly partitions: Map<number, AbortController>;
}

/** A topic with partitions whose deliveries can be disturbed. A revoked partition's batch goes on, as on a broker. */
export class TopicInMemory implements Pick<Broker, 'consume'> {
  private readonly messages: CloudEvent[][];
  private readonly offsets: number[];
  private readonly members: Member[] = [];
  private readonly loops = new Set<Promise<void>>();

  constructor(
    partitions: number,
    private readonly mischief: Mischief = { random: () => 1 },
  ) {
    this.messages = Array.from({ length: partitions }, () => []);
    this.offsets = Array.from({ length: partitions }, () => 0);
  }

  /** As its producer does: sealed. */
  async publish(...events: readonly CloudEvent[]): Promise<void> {
    this.inject(...(await sealing.seal(TOPIC, events)));
  }

  /** As somebody does who has no key. */
  inject(...messages: readonly CloudEvent[]): void {
    for (const message of messages) this.messages[message.partition ?? 0]?.push(message);
  }

  /** The broker lost, or no longer retains, what it had. */
  truncate(): void {
    for (const [partition, messages] of this.messages.entries()) {
      messages.splice(0);
      this.offsets[partition] = 0;
    }
  }

  async consume(options: ConsumeOptions): Promise<{ close(): Promise<void> }> {
    const member: Member = { options, partitions: new Map() };
    this.members.push(member);
    this.rebalance();
    return {
      close: async () => {
        this.members.splice(this.members.indexOf(member), 1);
        for (const ending of member.partitions.values()) ending.abort();
        this.rebalance();
        if (this.members.length === 0) await Promise.all(this.loops);
      },
    };
  }

  /** Gives each partition to another member, if there are several. */
  rebalance(): void {
    for (const member of this.members) {
      member.options.onRevoked?.([...member.partitions.keys()]);
      for (const ending of member.partitions.values()) ending.abort();
      member.partitions.clear();
    }
    this.members.push(...this.members.splice(0, 1));
    for (const partition of this.messages.keys()) {
      const member = this.members[partition % this.members.length];
      if (!member) continue;
      const ending = new AbortController();
      member.partitions.set(partition, ending);
      const loop = this.deliver(member, partition, ending.signal).finally(() => this.loops.delete(loop));
      this.loops.add(loop);
    }
  }

  private async deliver({ options }: Member, partition: number, signal: AbortSignal): Promise<void> {
    const { random, goBack = 0, swap = 0, loseOffset = 0, double = 0 } = this.mischief;
    await options.onAssigned?.([partition]);
    const all = this.messages[partition] ?? [];
    const handed = async (once: readonly CloudEvent[]): Promise<boolean> => {
      const batch = random() < double ? once.flatMap((event) => [event, event]) : once;
      if (batch.length === 0) return true;
      return options.onBatch(batch, signal).then(
        () => true,
        (error: unknown) => {
          options.onError?.(error, 1);
          return false;
        },
      );
    };
    while (!signal.aborted) {
      let offset = this.offsets[partition] ?? 0;
      if (random() < goBack) offset = Math.floor(random() * offset);
      if (offset >= all.length) {
        await delay(2);
        continue;
      }
      const size = 1 + Math.floor(random() * 7);
      const batch = all.slice(offset, offset + size);
      if (random() < swap) await handed(all.slice(offset + size, offset + 2 * size));
      if (!(await handed(batch))) await delay(10);
      else if (!signal.aborted && random() >= loseOffset)
        this.offsets[partition] = Math.max(this.offsets[partition] ?? 0, offset + batch.length);
    }
  }
}
