import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const OLDEST = { name: 'oldest-open-download', text: 'select min(opened_at) as "openedAt" from open_downloads' };

/** Metric of downloads whose outcome is not in the journal. */
@Injectable()
export class OpenDownloadAgeJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const age = sharedFor(1_000, async () => {
      const [row] = await this.db.query<{ openedAt: Date | null }>(OLDEST);
      return row?.openedAt ? Math.max(0, (this.clock.now().getTime() - row.openedAt.getTime()) / 1_000) : 0;
    });
    this.stop = observe('crossroads.open_download_age.seconds', age);
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
