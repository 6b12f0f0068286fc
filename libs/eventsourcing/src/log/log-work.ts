import { Database, WorkLoop } from '@crossroads/database';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { holdLog, type LogLeases } from './log-leases.js';
import { LogStamper } from './log-stamper.js';

/** Tables are made weeks ahead. */
const MAINTENANCE_MS = 3_600_000;
const MAINTENANCE_BACKOFF_MS = { min: 1_000, max: 60_000 };

/** Stamps the partitions of the log that this process holds, of those that the processes of the service share. */
@Injectable()
export class LogWork implements OnModuleInit, OnModuleDestroy {
  private readonly maintenance = new WorkLoop({
    pass: () => this.maintain(),
    onError: (error, attempt) => warn('the log is not maintained', error, attempt),
    backoffMs: MAINTENANCE_BACKOFF_MS,
  });
  private work: { readonly leases: LogLeases; readonly stamper: LogStamper } | undefined;

  constructor(private readonly db: Database) {}

  get leases(): LogLeases {
    return this.started().leases;
  }

  get stamper(): LogStamper {
    return this.started().stamper;
  }

  onModuleInit(): void {
    this.maintenance.start();
    const leases = holdLog(this.db);
    this.work = {
      leases,
      stamper: new LogStamper({
        db: this.db,
        leases,
        onError: (error, attempt) => warn('the log is not stamped', error, attempt),
      }),
    };
  }

  async onModuleDestroy(): Promise<void> {
    await this.maintenance.stop();
    await this.work?.stamper.close();
    await this.work?.leases.close();
  }

  /** Makes the tables that are needed soon, and drops the requests that nobody may repeat any more. */
  private async maintain(): Promise<number> {
    await this.db.query('select es.maintain()');
    return MAINTENANCE_MS;
  }

  private started() {
    if (this.work === undefined) throw new Error('the log is not open before the modules are initialised');
    return this.work;
  }
}

/** By its kind: the message may hold data of an event. */
const warn = (message: string, error: unknown, attempt: number): void =>
  Logger.warn({ message, attempt, error: error instanceof Error ? error.name : typeof error }, 'log');
