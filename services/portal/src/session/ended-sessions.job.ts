import { describeError } from '@crossroads/grpc';
import { observe, processLog } from '@crossroads/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PendingSignIns } from './pending-sign-ins.js';
import { Sessions } from './sessions.js';

const EVERY_MS = 60_000;

/** Deletes what has ended. Nothing depends on it: what has ended opens nothing. */
@Injectable()
export class EndedSessionsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private stopObserving: () => void = () => undefined;

  constructor(
    private readonly sessions: Sessions,
    private readonly pending: PendingSignIns,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref();
    this.stopObserving = observe('crossroads.sessions', () => this.sessions.count());
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stopObserving();
  }

  private async run(): Promise<void> {
    try {
      await this.sessions.deleteEnded();
      await this.pending.deleteEnded();
    } catch (error) {
      processLog().warn('ended sessions were not deleted', describeError(error));
    }
  }
}
