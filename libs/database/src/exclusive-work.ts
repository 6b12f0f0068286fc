import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import type { SessionLock } from './session.js';

/** Work that one process at a time does, of all processes of a service. Rows that only one can write are the fence behind it. */
export abstract class ExclusiveWork {
  /**
   * Runs `work` if no other process has `name`; the name stays with this process until it stops or loses its connection.
   * `undefined` when another process has it.
   */
  abstract run<Result>(name: string, work: () => Promise<Result>): Promise<Result | undefined>;
}

/** By session locks of PostgreSQL, which end with the connection. */
@Injectable()
export class SessionLockedWork extends ExclusiveWork {
  private readonly locks = new Map<string, SessionLock>();

  constructor(private readonly db: Database) {
    super();
  }

  override async run<Result>(name: string, work: () => Promise<Result>): Promise<Result | undefined> {
    return (await this.has(name)) ? work() : undefined;
  }

  private async has(name: string): Promise<boolean> {
    const known = this.locks.get(name);
    if (known?.held()) return true;
    await known?.release();
    this.locks.delete(name);
    const lock = await this.db.session.tryLock(name);
    if (lock) this.locks.set(name, lock);
    return lock !== undefined;
  }
}
