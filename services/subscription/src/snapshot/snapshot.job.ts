import { setTimeout as delay } from 'node:timers/promises';
import { Database, ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type RunningSnapshot, SnapshotStep } from './snapshot-step.js';

const POLL_MS = 200;
const RETRY_MS = 1_000;
const STOP_TIMEOUT_MS = 2_000;

const onError = warn('snapshot');

interface Progress {
  readonly outstanding: number;
  readonly waiting: number;
}

/** Takes snapshots, a page of each in turn, in one process at a time. One that waits for its source holds up no other. */
@Injectable()
export class SnapshotJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private stopObserving: readonly (() => void)[] = [];
  private running: Promise<void> | undefined;
  /** Those that are being gone on with. */
  private readonly busy = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly step: SnapshotStep,
  ) {}

  onApplicationBootstrap(): void {
    const progress = sharedFor(1_000, async () => (await this.db.query<Progress>(PROGRESS))[0]);
    this.stopObserving = [
      observe('crossroads.snapshot_persons', async () => (await progress())?.outstanding ?? 0),
      observe('crossroads.snapshot_persons_waiting', async () => (await progress())?.waiting ?? 0),
    ];
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    for (const stop of this.stopObserving) stop();
    // What is asked of a source does not hold up the stop: it is asked again under the same ticket.
    await Promise.race([this.running, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const found = await this.work
        .run('snapshots', (lease) => this.while(lease))
        .catch((error: unknown) => {
          if (!signal.aborted) onError(error);
          return undefined;
        });
      await this.pause(found === undefined ? RETRY_MS : POLL_MS);
    }
  }

  /** For as long as this process has the work. */
  private async while(lease: AbortSignal): Promise<true> {
    try {
      while (!lease.aborted && !this.stopping.signal.aborted) {
        const due = (await this.step.running()).filter(({ snapshotId }) => !this.busy.has(snapshotId));
        for (const one of due) this.busy.set(one.snapshotId, this.goOn(one));
        await Promise.race([...this.busy.values(), this.pause(POLL_MS)]);
      }
    } finally {
      await Promise.all(this.busy.values());
    }
    return true;
  }

  private async goOn(snapshot: RunningSnapshot): Promise<void> {
    try {
      await this.step.run(snapshot);
    } catch (error) {
      if (!this.stopping.signal.aborted) onError(error);
      await this.step.pause(snapshot, RETRY_MS).catch(onError);
    } finally {
      this.busy.delete(snapshot.snapshotId);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

const PROGRESS = {
  name: 'snapshot-progress',
  text: `select count(*)::float8 as outstanding, (count(*) filter (where p.waiting))::float8 as waiting
    from snapshots s join snapshot_persons p using (snapshot_id) where not s.ended and p.revision is null`,
};
