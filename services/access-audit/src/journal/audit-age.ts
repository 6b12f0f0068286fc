import { observe } from '@crossroads/telemetry';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** Metric: how long the oldest record of the last batch took to reach the access log. No value before the first batch. */
@Injectable()
export class AuditAge implements OnApplicationShutdown {
  private seconds: number | undefined;
  private readonly end = observe('crossroads.audit_age.seconds', () => this.seconds);

  /** To be called once a batch is in the log. */
  recorded(events: readonly { readonly time: Date }[], now: number = Date.now()): void {
    const oldest = events.reduce((first, { time }) => Math.min(first, time.getTime()), now);
    this.seconds = (now - oldest) / 1_000;
  }

  onApplicationShutdown(): void {
    this.end();
  }
}
