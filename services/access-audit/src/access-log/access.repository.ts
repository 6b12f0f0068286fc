import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AccessEntity } from './access.entity.js';

export interface Place {
  readonly at: Date;
  readonly journalId: string;
}

export interface PageOf {
  readonly after?: Place | undefined;
  readonly limit: number;
  readonly withoutOwn: boolean;
}

/** The lists of accesses, by person. */
@Injectable()
export class AccessRepository {
  constructor(@InjectRepository(AccessEntity) private readonly accesses: Repository<AccessEntity>) {}

  /** Newest first, after a place. */
  page(personIds: readonly string[], { after, limit, withoutOwn }: PageOf): Promise<AccessEntity[]> {
    const query = this.accesses
      .createQueryBuilder('access')
      .where('access.personId = any(:personIds)', { personIds })
      .orderBy({ 'access.at': 'DESC', 'access.journalId': 'DESC' })
      .limit(limit);
    if (after !== undefined) query.andWhere('(access.at, access.journalId) < (:at, :journalId)', { ...after });
    if (withoutOwn) query.andWhere('not access.ownLook');
    return query.getMany();
  }

  /** In the caller's transaction. What is there already stays. One statement for any number of rows: a batch may have thousands. */
  async add(tx: Tx, rows: readonly AccessEntity[]): Promise<void> {
    await tx.query(
      `insert into accesses (journal_id, person_id, at, own_look)
       select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[]) on conflict do nothing`,
      [
        rows.map(({ journalId }) => journalId),
        rows.map(({ personId }) => personId),
        rows.map(({ at }) => at),
        rows.map(({ ownLook }) => ownLook),
      ],
    );
  }
}
