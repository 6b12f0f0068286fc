import type { Database } from '@crossroads/database';

/** An institution in one of its inscription contexts. */
export interface File {
  readonly institution: string;
  readonly context: string;
}

/** The numbers of institutions and contexts, some ten thousand at most, kept in memory: they are given once. */
export class Files {
  private readonly files = new Map<number, File>();
  private readonly numbers = new Map<string, number>();
  private last = 0;

  constructor(private readonly db: Database) {}

  /** The number of each context of an institution; new ones are given. */
  async numbersOf(institution: string, contexts: readonly string[]): Promise<Map<string, number>> {
    const unknown = contexts.filter((context) => !this.numbers.has(keyOf(institution, context)));
    if (unknown.length > 0) {
      // Looked for first: an insert that conflicts uses up a number.
      await this.db.query(
        `insert into files (institution, context) select $1, c from unnest($2::text[]) c
          where not exists (select from files where institution = $1 and context = c) on conflict do nothing`,
        [institution, unknown],
      );
      const rows = await this.db.query<Row>('select * from files where institution = $1', [institution]);
      for (const row of rows) this.learn(row);
    }
    return new Map(
      contexts.flatMap((context) => {
        const number = this.numbers.get(keyOf(institution, context));
        return number === undefined ? [] : [[context, number]];
      }),
    );
  }

  /** What a number in a row means. Numbers that another process has given are read at first sight. */
  async of(numbers: Iterable<number>): Promise<(number: number) => File> {
    for (const number of numbers) {
      if (this.files.has(number)) continue;
      const rows = await this.db.query<Row>('select * from files where file > $1 or file = $2', [this.last, number]);
      for (const row of rows) this.learn(row);
      this.last = Math.max(this.last, ...rows.map(({ file }) => file));
    }
    return (number) => {
      const file = this.files.get(number);
      if (!file) throw new RangeError('a row names a file that does not exist');
      return file;
    };
  }

  private learn({ file, institution, context }: Row): void {
    this.files.set(file, { institution, context });
    this.numbers.set(keyOf(institution, context), file);
  }
}

interface Row extends File {
  readonly file: number;
}

const keyOf = (institution: string, context: string): string => `${institution} ${context}`;
