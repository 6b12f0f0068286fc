/** Whether a dependency can be used. A throw counts as no. */
type Check = () => boolean | Promise<boolean>;

/** A dependency that may be away for a while, once it was there, before the service counts as not ready. */
interface CheckWithGrace {
  readonly ask: Check;
  readonly graceMs: number;
}

/** What a service needs for its work, by name: `{ database: () => db.ready(), policy: () => policy.ready() }`. */
export type Readiness = Readonly<Record<string, Check | CheckWithGrace>>;

interface Dependency extends CheckWithGrace {
  readonly name: string;
  available: boolean;
  /** On a monotonic clock. */
  lastAvailableAt: number;
}

/** Asks all dependencies of a service, and remembers the results. */
export class ReadinessMonitor {
  private readonly dependencies: readonly Dependency[];

  constructor(
    readiness: Readiness,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.dependencies = Object.entries(readiness).map(([name, check]) => ({
      name,
      ...(typeof check === 'function' ? { ask: check, graceMs: 0 } : check),
      available: false,
      lastAvailableAt: -Infinity,
    }));
  }

  /** Asks all at once. Resolves with whether the service can do its work. */
  async refresh(): Promise<boolean> {
    const suffices = await Promise.all(this.dependencies.map((dependency) => this.check(dependency)));
    return suffices.every(Boolean);
  }

  /** By name, whether it was available at the last check: false also during its grace. */
  results(): ReadonlyMap<string, boolean> {
    return new Map(this.dependencies.map(({ name, available }) => [name, available]));
  }

  private async check(dependency: Dependency): Promise<boolean> {
    try {
      dependency.available = await dependency.ask();
    } catch {
      dependency.available = false;
    }
    if (dependency.available) dependency.lastAvailableAt = this.now();
    return dependency.available || this.now() - dependency.lastAvailableAt < dependency.graceMs;
  }
}
