import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

/** An institution in one of its inscription contexts. */
export interface InstitutionContext {
  readonly institution: string;
  readonly context: string;
}

interface Row extends InstitutionContext {
  readonly context_id: number;
}

/** The numbers by which rows name institutions and contexts. There are some ten thousand and they never change, so all are cached. */
@Injectable()
export class InstitutionContexts {
  private readonly byId = new Map<number, InstitutionContext>();
  private readonly ids = new Map<string, number>();
  private lastId = 0;

  constructor(private readonly db: Database) {}

  /** The number of each context of an institution; a new context gets one. */
  async idsOf(institution: string, contexts: readonly string[]): Promise<(context: string) => number> {
    const unknown = contexts.filter((context) => !this.ids.has(keyOf(institution, context)));
    if (unknown.length > 0) {
      // Selected first: an insert that conflicts uses up a number.
      await this.db.query(
        `insert into institution_contexts (institution, context) select $1, c from unnest($2::text[]) c
          where not exists (select from institution_contexts where institution = $1 and context = c) on conflict do nothing`,
        [institution, unknown],
      );
      this.cache(await this.db.query<Row>('select * from institution_contexts where institution = $1', [institution]));
    }
    return (context) => {
      const id = this.ids.get(keyOf(institution, context));
      if (id === undefined) throw new Error('a context has no number');
      return id;
    };
  }

  /** The context of each number. Numbers that another process has given are read when they are first seen. */
  async contextsOf(ids: Iterable<number>): Promise<(contextId: number) => InstitutionContext> {
    for (const id of ids) {
      if (this.byId.has(id)) continue;
      const rows = await this.db.query<Row>(
        'select * from institution_contexts where context_id > $1 or context_id = $2',
        [this.lastId, id],
      );
      this.cache(rows);
      this.lastId = Math.max(this.lastId, ...rows.map((row) => row.context_id));
    }
    return (contextId) => {
      const context = this.byId.get(contextId);
      if (context === undefined) throw new RangeError('a row names a context that does not exist');
      return context;
    };
  }

  private cache(rows: readonly Row[]): void {
    for (const { context_id: id, institution, context } of rows) {
      this.byId.set(id, { institution, context });
      this.ids.set(keyOf(institution, context), id);
    }
  }
}

const keyOf = (institution: string, context: string): string => `${institution} ${context}`;
