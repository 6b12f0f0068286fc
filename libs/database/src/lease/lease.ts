/** The lease was not renewed in time, or its session ended: another process may have it by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  /** Somebody else goes on with the work: not a bug. */
  readonly outage = true;
}

/**
 * The right to do something alone, for as long as it is renewed. It counts by the monotonic clock of this process, from before the
 * renewal was sent: always shorter than by the clock of the database, and a process that was frozen knows at once.
 */
export class Lease {
  private readonly ending = new AbortController();
  private expiry: NodeJS.Timeout | undefined;
  private until = 0;
  private sentAt = 0;
  private renewing = true;

  constructor(
    readonly role: string,
    readonly partition: number,
    /** Grows with each change of the holder. */
    readonly token: bigint,
    private readonly giveBack: (lease: Lease, forget: boolean) => Promise<void>,
    private readonly onExpired: (lease: Lease) => void,
  ) {}

  /** Aborts when it is lost. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** False once another process may have it. */
  held(): boolean {
    return !this.ending.signal.aborted && performance.now() < this.until;
  }

  /** @param forget removes its row, too: for a role that is used once */
  async release({ forget = false } = {}): Promise<void> {
    const held = this.held();
    this.end();
    if (held) await this.giveBack(this, forget);
  }

  /** No longer renewed: it expires unless that is resumed. */
  stopRenewing(): void {
    this.renewing = false;
  }

  /** False when too little of it is left. */
  resumeRenewing(): boolean {
    this.renewing = this.held() && performance.now() < (this.sentAt + this.until) / 2;
    return this.renewing;
  }

  /** @internal */
  isRenewed(): boolean {
    return this.renewing;
  }

  /** @internal */
  isDue(intervalMs: number): boolean {
    return this.renewing && performance.now() - this.sentAt >= intervalMs;
  }

  /** @internal */
  renew(sentAt: number, ttlMs: number): void {
    [this.sentAt, this.until] = [sentAt, sentAt + ttlMs];
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.onExpired(this), Math.max(0, this.until - performance.now())).unref();
  }

  /** @internal */
  end(): void {
    clearTimeout(this.expiry);
    this.ending.abort(new LeaseLost(`the lease of ${this.role} is lost`));
  }
}
