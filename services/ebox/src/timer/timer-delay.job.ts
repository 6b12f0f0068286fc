import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { observe } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const FIRST_DUE = { name: 'first-timer-due', text: 'select min(due_at) as at from messages where due_at is not null' };

/** Measures how long the oldest timer is overdue; zero when none is. */
@Injectable()
export class TimerDelayJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.stop = observe('crossroads.timer_delay.seconds', async () => {
      const [first] = await this.db.query<{ readonly at: Date | null }>(FIRST_DUE);
      return first?.at ? Math.max(0, (this.clock.now().getTime() - first.at.getTime()) / 1_000) : 0;
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
