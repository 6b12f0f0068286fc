import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from '@crossroads/configuration';
import { Database, ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type OpenDownload, OpeningJournal } from './opening-journal.js';

const INTERVAL_MS = 60_000;
const RETRY_MS = 1_000;
const BATCH_SIZE = 500;
/** A download that takes longer is concluded once more when it ends. */
const LEFT_OPEN_MS = 3_600_000;

const onError = warn('unknown outcomes');

/** Concludes downloads whose process is gone: whether the document left is not known. */
@Injectable()
export class UnknownOutcomesJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly journal: OpeningJournal,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let pauseMs = INTERVAL_MS;
      try {
        await this.work.run('unknown outcomes', () => this.round());
      } catch (error) {
        onError(error);
        pauseMs = RETRY_MS;
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async round(): Promise<void> {
    for (let closed = BATCH_SIZE; closed === BATCH_SIZE && !this.stopping.signal.aborted; ) {
      const open = await this.db.query<OpenDownload>(
        `select journal_id as "journalId", owner_id as "ownerId", ticket from open_downloads
         where opened_at < $1 order by opened_at limit $2`,
        [new Date(this.clock.now().getTime() - LEFT_OPEN_MS), BATCH_SIZE],
      );
      closed = 0;
      for (const download of open) if (await this.journal.closeAsUnknown(download)) closed++;
    }
  }
}
