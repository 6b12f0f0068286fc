import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { SessionEntity } from './session.entity.js';

/** The rows of sessions. */
@Injectable()
export class SessionRepository {
  constructor(@InjectRepository(SessionEntity) private readonly rows: Repository<SessionEntity>) {}

  async add(row: SessionEntity): Promise<void> {
    await this.rows.insert(row);
  }

  find(id: Buffer): Promise<SessionEntity | null> {
    return this.rows.findOneBy({ id });
  }

  async noteUse(id: Buffer, usedAt: Date): Promise<void> {
    await this.rows.update({ id }, { usedAt });
  }

  /** @param tx absent: in a transaction of its own */
  async delete(
    which: { readonly id: Buffer } | { readonly subjectHash: Buffer } | { readonly sidHash: Buffer },
    tx?: Tx,
  ): Promise<void> {
    await (tx?.manager.withRepository(this.rows) ?? this.rows).delete(which);
  }

  async deleteEnded(now: Date): Promise<void> {
    await this.rows.delete({ endsAt: LessThan(now) });
  }

  count(now: Date): Promise<number> {
    return this.rows.countBy({ endsAt: MoreThan(now) });
  }
}
