import { type Database } from '@crossroads/database';
import { Batcher } from '@crossroads/eventsourcing';
import type { BlindIndex } from '@crossroads/privacy';
import type { File, Files } from '../view/files.js';
import { type Found, lookup, type Sought } from '../view/lookup.js';
import { soughtSsin } from '../view/numbers.js';

/** A person as they are named: by number at the door, by id inside. */
export type PersonName = { readonly ssin: string } | { readonly personId: string };

export interface Answer {
  readonly found: readonly (Found | undefined)[];
  readonly fileAt: (number: number) => File;
}

/** Who is it, and who has a file on them. */
export class Checker {
  private readonly batcher: Batcher<Sought, Found | undefined>;

  constructor(
    private readonly db: Database,
    private readonly files: Files,
    private readonly index: BlindIndex,
  ) {
    this.batcher = new Batcher((sought) => lookup(db, sought));
  }

  /** Concurrent look-ups share a round trip. */
  async one(name: PersonName): Promise<Answer> {
    return this.answer([await this.batcher.load(this.sought(name))]);
  }

  async many(names: readonly PersonName[]): Promise<Answer> {
    return this.answer(
      await lookup(
        this.db,
        names.map((name) => this.sought(name)),
      ),
    );
  }

  private sought(name: PersonName): Sought {
    return 'ssin' in name ? soughtSsin(this.index, name.ssin) : name;
  }

  private async answer(found: readonly (Found | undefined)[]): Promise<Answer> {
    const numbers = new Set(found.flatMap((who) => who?.entries.map(({ file }) => file) ?? []));
    return { found, fileAt: await this.files.of(numbers) };
  }
}
