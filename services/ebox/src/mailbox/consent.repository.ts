import type { Queryable, Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, Repository } from 'typeorm';
import { ConsentEntity } from './consent.entity.js';

const CHANNELS = {
  name: 'consented-channels',
  text: `select distinct on (a.n, c.channel) a.n, c.channel, c.given
           from unnest($1::int[], $2::uuid[]) a (n, owner_id) join consents c on c.owner_id = a.owner_id
          order by a.n, c.channel, c.position desc`,
};

@Injectable()
export class ConsentRepository {
  constructor(@InjectRepository(ConsentEntity) private readonly consents: Repository<ConsentEntity>) {}

  /** The channels that have consent, for each owner (all ids of a person). The last step of a channel counts, under whichever id. */
  async channelsOf(db: Queryable, owners: readonly (readonly string[])[]): Promise<Set<string>[]> {
    const asked = owners.flatMap((ids, n) => ids.map((id) => ({ n, id })));
    const rows = await db.query<{ n: number; channel: string; given: boolean }>(CHANNELS, [
      asked.map(({ n }) => n),
      asked.map(({ id }) => id),
    ]);
    const channels = owners.map(() => new Set<string>());
    for (const { n, channel, given } of rows) if (given) channels[n]?.add(channel);
    return channels;
  }

  /** Newest first, before a position. */
  page(ownerIds: readonly string[], before: bigint | undefined, take: number): Promise<ConsentEntity[]> {
    return this.consents.find({
      where: { ownerId: In([...ownerIds]), ...(before === undefined ? {} : { position: LessThan(before) }) },
      order: { position: 'DESC' },
      take,
    });
  }

  async insert(tx: Tx, row: Omit<ConsentEntity, 'position'>): Promise<void> {
    await tx.manager.withRepository(this.consents).insert(row);
  }
}
