/** Whether something that a service needs is there. A throw is a no. */
type Ask = () => boolean | Promise<boolean>;

/** Something that may be away for a while, once it was there, before the service counts as not ready. */
interface Lasting {
  readonly ask: Ask;
  readonly graceMs: number;
}

/** What a service needs for its work, by name: `{ database: () => db.ready(), policy: () => policy.ready() }`. */
export type Readiness = Readonly<Record<string, Ask | Lasting>>;

interface Ingredient extends Lasting {
  readonly name: string;
  there: boolean;
  /** When it was last there; from a clock that nobody sets. */
  seenAt: number;
}

/** What is there of what a service needs. */
export class ReadinessChecks {
  private readonly all: readonly Ingredient[];

  constructor(
    readiness: Readiness,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.all = Object.entries(readiness).map(([name, need]) => ({
      name,
      ...(typeof need === 'function' ? { ask: need, graceMs: 0 } : need),
      there: false,
      seenAt: -Infinity,
    }));
  }

  /** Asks for all at once. Resolves with whether the service can do its work. */
  async refresh(): Promise<boolean> {
    const enough = await Promise.all(this.all.map((ingredient) => this.isEnough(ingredient)));
    return enough.every(Boolean);
  }

  /** By name, whether it is there now: also while its absence does not count yet. */
  there(): ReadonlyMap<string, boolean> {
    return new Map(this.all.map(({ name, there }) => [name, there]));
  }

  private async isEnough(ingredient: Ingredient): Promise<boolean> {
    try {
      ingredient.there = await ingredient.ask();
    } catch {
      ingredient.there = false;
    }
    if (ingredient.there) ingredient.seenAt = this.now();
    return ingredient.there || this.now() - ingredient.seenAt < ingredient.graceMs;
  }
}
