import { Database } from '@crossroads/database';
import { type IsoDay, type Period, startOfDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { type ListedMessage, MessageContents } from './message-contents.js';
import { firstIdAt } from './message-ids.js';
import { MESSAGE_COLUMNS, type MessageRow } from './message-row.js';
import { SubjectWords } from './subject-words.js';

/** What to list; what is absent asks for all. */
export interface MessageFilters {
  /** Days of receipt, in Brussels. */
  readonly received: Period;
  readonly read?: boolean | undefined;
  /** The hidden ones instead of the others. */
  readonly hidden: boolean;
  readonly messageType?: string | undefined;
  readonly sender?: string | undefined;
  readonly registeredMailOnly: boolean;
  /** Words that the subject has, all of them. */
  readonly words?: string | undefined;
}

export interface PageOf {
  /** Messages after this one in the list; absent: from the newest on. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** Some milliseconds. A word that fewer than one in two hundred messages have is left to the index. */
const SEARCHED_FIRST = 10_000;

interface SealedMessage extends MessageRow {
  readonly sealed: string;
}

/** Lists and searches mailboxes. */
@Injectable()
export class MessageList {
  constructor(
    private readonly db: Database,
    private readonly contents: MessageContents,
    private readonly words: SubjectWords,
  ) {}

  /**
   * One page, newest first; `next` is its last message when there are more. Messages of persons whose data were erased are left out.
   * @param ownerIds all ids under which the owner of the mailbox has messages
   */
  async page(
    ownerIds: readonly string[],
    filters: MessageFilters,
    { after, limit }: PageOf,
  ): Promise<{ readonly messages: readonly ListedMessage[]; readonly next?: string }> {
    const pages = await Promise.all(ownerIds.map((ownerId) => this.ofOwner(ownerId, filters, after, limit + 1)));
    const rows = pages.flat().toSorted((one, other) => (one.messageId < other.messageId ? 1 : -1));
    const page = rows.slice(0, limit);
    const messages = await this.contents.open(page);
    const last = page.at(-1);
    return { messages, ...(rows.length > limit && last ? { next: last.messageId } : {}) };
  }

  /**
   * A search looks at the newest messages first: a frequent word is found there. One that is too rare for that is found in the index
   * of words. The planner would take either way for both, by its guess of how rare the word is.
   */
  private async ofOwner(
    ownerId: string,
    filters: MessageFilters,
    after: string | undefined,
    limit: number,
  ): Promise<SealedMessage[]> {
    const { params, param, conditions } = this.where(ownerId, filters, after);
    if (filters.words === undefined)
      return this.sealed(`select * from messages where ${conditions.join(' and ')}`, params, limit);
    const hashes = param(this.words.hashesOf(ownerId, [filters.words]));
    const newest = `select * from messages where ${conditions.join(' and ')} order by message_id desc limit ${SEARCHED_FIRST}`;
    const found = await this.sealed(`select * from (${newest}) n where words @> ${hashes}::bigint[]`, params, limit);
    if (found.length >= limit) return found;
    // Materialized: the planner may not follow the order of the list instead.
    const rare = `select * from messages where words @> ${hashes}::bigint[] and ${conditions.join(' and ')}`;
    return this.sealed(`with found as materialized (${rare}) select * from found`, params, limit);
  }

  private where(ownerId: string, filters: MessageFilters, after: string | undefined) {
    const params: unknown[] = [];
    const param = (value: unknown) => `$${params.push(value)}`;
    const conditions = [
      `owner_id = ${param(ownerId)}`,
      filters.hidden ? 'hidden' : 'not hidden',
      ...(filters.read === undefined ? [] : [`read_at is ${filters.read ? 'not null' : 'null'}`]),
      ...(filters.registeredMailOnly ? ['registered_mail'] : []),
      ...(filters.messageType === undefined ? [] : [`message_type = ${param(filters.messageType)}`]),
      ...(filters.sender === undefined ? [] : [`sender = ${param(filters.sender)}`]),
      ...(filters.received.start === undefined ? [] : [`message_id >= ${param(firstIdOf(filters.received.start))}`]),
      ...(filters.received.end === undefined ? [] : [`message_id < ${param(firstIdOf(filters.received.end))}`]),
      ...(after === undefined ? [] : [`message_id < ${param(after)}`]),
    ];
    return { params, param, conditions };
  }

  /** The newest of the rows of a query, with their sealed contents. */
  private sealed(rows: string, params: readonly unknown[], limit: number): Promise<SealedMessage[]> {
    return this.db.query<SealedMessage>(
      `select m.*, e.data->>'sealed' as sealed
       from (select ${MESSAGE_COLUMNS} from (${rows}) r order by message_id desc limit ${limit}) m
       join es.events e on e.month = 0 and e.stream_id = m."messageId"::text and e.revision = 1`,
      params,
    );
  }
}

/** Zones have changed their offsets by less than a quarter of an hour before; there is no mail of then. */
const FIRST_DAY = '1973-01-01';

const firstIdOf = (day: IsoDay): string => firstIdAt(day < FIRST_DAY ? new Date(0) : startOfDay(day));
