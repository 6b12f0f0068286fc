import { setTimeout as delay } from 'node:timers/promises';
import { Database, ExclusiveWork, WorkLoop } from '@crossroads/database';
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
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError });
  private stopObserving: readonly (() => void)[] = [];
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
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    for (const stop of this.stopObserving) stop();
    // What is asked of a source does not hold up the stop: it is asked again under the same ticket.
    await Promise.race([this.loop.stop(), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private async pass(signal: AbortSignal): Promise<number> {
    const found = await this.work.run('snapshots', (lease) => this.takeAll(AbortSignal.any([signal, lease])));
    return found === undefined ? RETRY_MS : POLL_MS;
  }

  /** For as long as this process has the work. */
  private async takeAll(signal: AbortSignal): Promise<true> {
    try {
      while (!signal.aborted) {
        const due = (await this.step.running()).filter(({ snapshotId }) => !this.busy.has(snapshotId));
        for (const one of due) this.busy.set(one.snapshotId, this.goOn(one, signal));
        await Promise.race([...this.busy.values(), delay(POLL_MS, undefined, { signal }).catch(() => undefined)]);
      }
    } finally {
      await Promise.all(this.busy.values());
    }
    return true;
  }

  private async goOn(snapshot: RunningSnapshot, signal: AbortSignal): Promise<void> {
    try {
      await this.step.run(snapshot);
    } catch (error) {
      if (!signal.aborted) onError(error);
      await this.step.pause(snapshot, RETRY_MS).catch(onError);
    } finally {
      this.busy.delete(snapshot.snapshotId);
    }
  }
}

const PROGRESS = {
  name: 'snapshot-progress',
  text: `select count(*)::float8 as outstanding, (count(*) filter (where p.waiting))::float8 as waiting
    from snapshots s join snapshot_persons p using (snapshot_id) where not s.ended and p.revision is null`,
};
