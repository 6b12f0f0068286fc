import type { CloudEvent } from '@crossroads/messaging';
import { observe } from '@crossroads/telemetry';

/** How long a record took to come into the access log. Nothing before the first batch. */
export class AuditAge {
  private seconds: number | undefined;
  private readonly end = observe('crossroads.audit_age.seconds', () => this.seconds);

  /** A batch is in the log: its oldest record counts. */
  taken(events: readonly CloudEvent[], now: number = Date.now()): void {
    const oldest = events.reduce((first, { time }) => Math.min(first, time.getTime()), now);
    this.seconds = (now - oldest) / 1_000;
  }

  close(): void {
    this.end();
  }
}
