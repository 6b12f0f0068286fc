import { observe } from '@crossroads/telemetry';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** How long a record took to come into the access log. Nothing before the first batch. */
@Injectable()
export class AuditAge implements OnApplicationShutdown {
  private seconds: number | undefined;
  private readonly end = observe('crossroads.audit_age.seconds', () => this.seconds);

  /** A batch is in the log: its oldest record counts. */
  taken(events: readonly { readonly time: Date }[], now: number = Date.now()): void {
    const oldest = events.reduce((first, { time }) => Math.min(first, time.getTime()), now);
    this.seconds = (now - oldest) / 1_000;
  }

  onApplicationShutdown(): void {
    this.end();
  }
}
