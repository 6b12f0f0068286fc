import { Clock } from '@crossroads/configuration';
import { Database, ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type OpenDownload, OpeningJournal } from './opening-journal.js';

const INTERVAL_MS = 60_000;
const BATCH_SIZE = 500;
/** A download that takes longer is concluded once more when it ends. */
const LEFT_OPEN_MS = 3_600_000;

/** Concludes downloads whose process is gone: whether the document left is not known. */
@Injectable()
export class UnknownOutcomesJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: warn('unknown outcomes') });

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly journal: OpeningJournal,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    await this.work.run('unknown outcomes', () => this.conclude(signal));
    return INTERVAL_MS;
  }

  private async conclude(signal: AbortSignal): Promise<void> {
    for (let closed = BATCH_SIZE; closed === BATCH_SIZE && !signal.aborted; ) {
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
