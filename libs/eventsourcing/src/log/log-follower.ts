import { type Database, type Tx, WorkLoop } from '@crossroads/database';
import { Logger } from '@nestjs/common';
import type { Logged } from '../event-store.js';
import type { Place } from '../place.js';
import { lastSteps, StepTaken, takeSteps } from '../steps/steps.js';
import { type LogReader, LogTrimmed } from './log-reader.js';
import type { HeldPartitions, LogStamper } from './log-stamper.js';
import { type LogName, logOf } from './partitions.js';

const IDLE_MS = 400;
/** Under load it makes fewer, larger batches. */
const PACE_MS = 5;

export interface LogFollowerOptions {
  readonly db: Database;
  readonly log: LogReader;
  readonly stamper: Pick<LogStamper, 'onStamped'>;
  readonly leases: HeldPartitions;
  /** The log that it follows. */
  readonly name: LogName;
  /** Its places are stored under this name, in `es.steps`. */
  readonly reader: string;
  /** Events of one partition in one batch. @default 500 */
  readonly batchSize?: number;
  /**
   * Handles events of several partitions, in order within each. What it writes through `tx` is committed together with the places. If it
   * throws, the batch is retried with backoff until it succeeds: nothing is skipped. `signal` aborts on close.
   */
  readonly handle: (events: readonly Logged[], tx: Tx, signal: AbortSignal) => Promise<unknown>;
  readonly onError: (error: unknown, attempt: number) => void;
}

/** How far a follower has come in one partition. */
interface Position {
  readonly token: bigint;
  place: Pick<Place, 'position'>;
}

/**
 * Handles the service's own log, each event once: the processes of the service share its partitions. A process that has lost a partition
 * without noticing cannot commit a batch a second time, since its step is taken.
 */
export class LogFollower {
  private readonly loop: WorkLoop;
  private readonly positions = new Map<number, Position>();
  private readonly unsubscribe: () => void;

  constructor(private readonly options: LogFollowerOptions) {
    const { stamper, onError } = options;
    this.loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError, paceMs: PACE_MS });
    this.unsubscribe = stamper.onStamped(() => this.loop.wake());
    this.loop.start();
  }

  /** Ends after the current batch. */
  async close(): Promise<void> {
    this.unsubscribe();
    await this.loop.stop();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    try {
      await this.followLeases();
      return (await this.handleBatch(signal)) === 0 ? IDLE_MS : 0;
    } catch (error) {
      this.positions.clear();
      // Another process goes on from there: the places are read again.
      if (error instanceof StepTaken) return 0;
      if (error instanceof LogTrimmed && (await this.passTrimmed(error))) return 0;
      throw error;
    }
  }

  /** A follower that was added later gets the past as far as it is left. */
  private async passTrimmed({ partition, place }: LogTrimmed): Promise<boolean> {
    const { db, reader } = this.options;
    const after = (await lastSteps(db, reader, [partition])).get(partition)?.place.position ?? 0n;
    const passed = { reader, partition, after: String(after), upTo: String(place.position) };
    Logger.warn({ message: 'events were archived before they were handled', ...passed }, 'log');
    return takeSteps(db, [{ reader, partition, after, place }]).then(
      () => true,
      () => false,
    );
  }

  private async followLeases(): Promise<void> {
    const { db, leases, name, reader } = this.options;
    const held = leases.held();
    for (const [partition, { token }] of this.positions)
      if (held.get(partition) !== token) this.positions.delete(partition);
    const taken = [...held].filter(([partition]) => logOf(partition) === name && !this.positions.has(partition));
    if (taken.length === 0) return;
    const steps = await lastSteps(
      db,
      reader,
      taken.map(([partition]) => partition),
    );
    for (const [partition, token] of taken)
      this.positions.set(partition, { token, place: steps.get(partition)?.place ?? { position: 0n } });
  }

  private async handleBatch(signal: AbortSignal): Promise<number> {
    const { db, log, reader, batchSize = 500, handle } = this.options;
    const places = new Map([...this.positions].map(([partition, { place }]) => [partition, place.position]));
    if (places.size === 0) return 0;
    const events = await log.read(places, batchSize);
    if (events.length === 0) return 0;
    const steps = [...Map.groupBy(events, ({ partition }) => partition)].flatMap(([partition, some]) => {
      const place = some.at(-1)?.place;
      return place === undefined ? [] : [{ reader, partition, after: places.get(partition) ?? 0n, place }];
    });
    await db.transaction(async (tx) => {
      await takeSteps(tx, steps);
      await handle(events, tx, signal);
    });
    for (const { partition, place } of steps) {
      const position = this.positions.get(partition);
      if (position) position.place = place;
    }
    return events.length;
  }
}
