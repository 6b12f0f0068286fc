import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

/** A rule whose cause concerns many, and how far the mailboxes have been walked through for it. */
export interface NoticeRun {
  readonly rule: string;
  readonly cause: string;
  /** The last owner that was handled; null: none yet. */
  readonly afterOwner: string | null;
}

/** Stands for the first start of the service with a rule: what caused it earlier is no news. */
const FIRST_START = '';

/** The table of runs. */
@Injectable()
export class NoticeRuns {
  constructor(private readonly db: Database) {}

  /** Opens a run for each cause that is new; those that come with the first start are done. */
  async open(rule: string, causes: readonly string[]): Promise<void> {
    await this.db.transaction(async (tx) => {
      // Another process that starts for the first time waits here for this one.
      const isFirst = await tx.execute(
        'insert into notice_runs (rule, cause, done) values ($1, $2, true) on conflict do nothing',
        [rule, FIRST_START],
      );
      await tx.execute(
        'insert into notice_runs (rule, cause, done) select $1, unnest($2::text[]), $3 on conflict do nothing',
        [rule, causes, isFirst === 1],
      );
    });
  }

  /** One that is not done. */
  async next(rules: readonly string[]): Promise<NoticeRun | undefined> {
    const [run] = await this.db.query<NoticeRun>(
      `select rule, cause, after_owner as "afterOwner" from notice_runs
       where not done and rule = any($1) order by rule, cause limit 1`,
      [rules],
    );
    return run;
  }

  /** Persons with consent, in the order of their ids. */
  async persons({ afterOwner }: NoticeRun, limit: number): Promise<string[]> {
    const rows = await this.db.query<{ readonly ownerId: string }>(
      `select owner_id as "ownerId" from mailboxes
       where consented and enterprise_number is null and ($1::uuid is null or owner_id > $1)
       order by owner_id limit $2`,
      [afterOwner, limit],
    );
    return rows.map(({ ownerId }) => ownerId);
  }

  /** @param owner the last one that was handled; absent: there are no more */
  async advance({ rule, cause, afterOwner }: NoticeRun, owner: string | undefined): Promise<void> {
    // A process that has lost its work to another one without noticing does not set it back.
    await this.db.execute(
      `update notice_runs set after_owner = coalesce($4, after_owner), done = $4::uuid is null
       where rule = $1 and cause = $2 and after_owner is not distinct from $3`,
      [rule, cause, afterOwner, owner],
    );
  }
}
