import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';
import type { Lease } from './lease.js';

/** Work that one process at a time does, of all processes of a service. Rows that only one can write are the fence behind it. */
export abstract class ExclusiveWork {
  /**
   * Runs `work` if no other process has `name`, and this one is not at it already; `undefined` otherwise. `signal` aborts when the work
   * outlives its lease, for instance because this process was frozen: another one may be at it by then.
   */
  abstract run<Result>(name: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result | undefined>;
}

/** By leases, which are renewed while the work runs. What is asked for again soon costs no statement. */
@Injectable()
export class LeasedWork extends ExclusiveWork {
  private readonly running = new Set<string>();
  /** Of work that has ended, until they expire. */
  private readonly kept = new Map<string, Lease>();

  constructor(private readonly db: Database) {
    super();
  }

  override async run<Result>(
    name: string,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | undefined> {
    if (this.running.has(name)) return undefined;
    this.running.add(name);
    try {
      const lease = await this.leaseOf(name);
      if (!lease) return undefined;
      try {
        return await work(lease.signal);
      } finally {
        lease.stopRenewing();
        if (lease.held()) this.keep(name, lease);
      }
    } finally {
      this.running.delete(name);
    }
  }

  private keep(name: string, lease: Lease): void {
    this.kept.set(name, lease);
    const forget = () => this.kept.get(name) === lease && this.kept.delete(name);
    lease.signal.addEventListener('abort', forget, { once: true });
  }

  private async leaseOf(name: string): Promise<Lease | undefined> {
    const lease = this.kept.get(name);
    this.kept.delete(name);
    return lease?.resumeRenewing() === true ? lease : this.db.leases.take(name);
  }
}
