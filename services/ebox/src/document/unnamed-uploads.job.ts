import { Clock } from '@crossroads/configuration';
import { ExclusiveWork, WorkLoop } from '@crossroads/database';
import { DocumentStore } from '@crossroads/document/store';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { UploadRepository } from './upload.repository.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const INTERVAL_MS = 60_000;
const BATCH_SIZE = 100;

/** Removes uploads that no message names within a day, and those that failed. One process at a time does it. */
@Injectable()
export class UnnamedUploadsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: warn('unnamed uploads') });

  constructor(
    private readonly uploads: UploadRepository,
    private readonly store: DocumentStore,
    private readonly work: ExclusiveWork,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** Of all that is due. @throws StoreUnavailable; what is left is removed in a later round */
  async round(signal?: AbortSignal): Promise<void> {
    await this.uploads.leaveBefore(new Date(this.clock.now().getTime() - DAY_MS));
    for (;;) {
      const leaving = await this.uploads.leaving(BATCH_SIZE);
      if (leaving.length === 0 || signal?.aborted) return;
      for (const documentId of leaving) {
        // The content first: while there is a row, it is tried again.
        await this.store.remove(documentId);
        await this.uploads.delete(documentId);
      }
    }
  }

  private async pass(signal: AbortSignal): Promise<number> {
    await this.work.run('unnamed uploads', () => this.round(signal));
    return INTERVAL_MS;
  }
}
