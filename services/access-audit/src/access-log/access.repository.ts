import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { AccessEntity } from './access.entity.js';

export interface Position {
  readonly at: Date;
  readonly journalId: string;
}

export interface PageOf {
  readonly after?: Position | undefined;
  readonly limit: number;
  readonly withoutOwn: boolean;
  /** The first instant, and the first one after. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** The index of accesses by person. */
@Injectable()
export class AccessRepository {
  constructor(@InjectRepository(AccessEntity) private readonly accesses: Repository<AccessEntity>) {}

  /** Newest first, after a position. */
  async page(personIds: readonly string[], of: PageOf): Promise<AccessEntity[]> {
    // One query a person: the index gives the rows of one in their order, and of several only all of them, to be sorted.
    const pages = await Promise.all(personIds.map((personId) => this.pageOfOne(personId, of)));
    return pages.length === 1 ? pages.flat() : pages.flat().sort(newestFirst).slice(0, of.limit);
  }

  private pageOfOne(personId: string, { after, limit, withoutOwn, from, until }: PageOf): Promise<AccessEntity[]> {
    const query = this.accesses
      .createQueryBuilder('access')
      .where('access.personId = :personId', { personId })
      .orderBy({ 'access.at': 'DESC', 'access.journalId': 'DESC' })
      .limit(limit);
    if (after !== undefined) query.andWhere('(access.at, access.journalId) < (:at, :journalId)', { ...after });
    if (withoutOwn) query.andWhere('not access.selfConsultation');
    if (from !== undefined) query.andWhere('access.at >= :from', { from });
    if (until !== undefined) query.andWhere('access.at < :until', { until });
    return query.getMany();
  }

  /** Null when it is in none of these persons' lists. */
  find(personIds: readonly string[], journalId: string): Promise<AccessEntity | null> {
    return this.accesses.findOneBy({ journalId, personId: In([...personIds]) });
  }

  /** Ignores rows that exist. One statement for any number of rows, since a batch may have thousands. */
  async add(tx: Tx, rows: readonly AccessEntity[]): Promise<void> {
    await addAccesses(tx, rows);
  }
}

const newestFirst = (a: AccessEntity, b: AccessEntity): number =>
  b.at.getTime() - a.at.getTime() || (a.journalId < b.journalId ? 1 : -1);

/** @param into also the table that is being rebuilt */
export const addAccesses = async (
  tx: Tx,
  rows: readonly AccessEntity[],
  into: 'accesses' | 'accesses_rebuilt' = 'accesses',
): Promise<void> => {
  await tx.query(
    `insert into ${into} (journal_id, person_id, at, self_consultation)
       select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[]) on conflict do nothing`,
    [
      rows.map(({ journalId }) => journalId),
      rows.map(({ personId }) => personId),
      rows.map(({ at }) => at),
      rows.map(({ selfConsultation }) => selfConsultation),
    ],
  );
};
