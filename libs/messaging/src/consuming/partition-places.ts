import type { ReadLog } from '@crossroads/eventsourcing';
import { BundleForked } from '../broker/bundle.js';
import { LogForked } from './log-forked.js';
import { type Logs, PortionDraft } from './portion-draft.js';
import type { Portion } from './portions.js';

export interface PartitionPlacesOptions {
  readonly topic: string;
  readonly partition: number;
  /** The logs of which this partition was read, as the database has them. */
  readonly readLogs: () => Promise<readonly ReadLog[]>;
  readonly take: (portion: Portion) => Promise<void>;
}

/** How far a partition was read: in memory as long as all goes well, and read from the database again after `forget`. */
export class PartitionPlaces {
  private logs: Logs | undefined;
  /** By `performance.now()`. */
  movedAt = performance.now();

  constructor(private readonly options: PartitionPlacesOptions) {}

  async current(): Promise<Logs> {
    this.logs ??= new Map((await this.options.readLogs()).map((log) => [log.place.logId, log]));
    return this.logs;
  }

  /** After a failure, a rebalance or a step that another process has taken. */
  forget(): void {
    this.logs = undefined;
  }

  async draft(): Promise<PortionDraft> {
    return new PortionDraft(this.options.partition, await this.current());
  }

  /** Takes what was drafted, and moves the places. @throws LogForked; StepTaken; whatever the handler throws */
  async commit({ portion, logs }: PortionDraft): Promise<void> {
    if (portion.events.length === 0 && portion.moves.length === 0) return;
    try {
      await this.options.take(portion);
    } catch (error) {
      if (!(error instanceof BundleForked)) throw error;
      const move = portion.moves.find(({ from }) => from.place.logId === error.logId);
      throw move ? new LogForked(this.options.topic, move.from.place, 'OTHER_HASH') : error;
    }
    this.logs = logs;
    this.movedAt = performance.now();
  }
}
