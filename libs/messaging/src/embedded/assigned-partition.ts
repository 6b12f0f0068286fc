/** A partition that a consumer holds, and how far it has handled it. */
export class AssignedPartition {
  /** The position of the last event handled. */
  position: string;
  /** The position in the row of its offset. */
  committed: string;
  /** Whether `onAssigned` has succeeded. */
  isAssigned = false;
  /** Whether a batch is being handled. */
  isBusy = false;
  /** Whether it is to be given back. */
  isLeaving = false;
  failures = 0;
  private resumesAt = 0;

  constructor(
    readonly partition: number,
    position: string,
  ) {
    this.position = position;
    this.committed = position;
  }

  isIdle(): boolean {
    return this.isAssigned && !this.isBusy && !this.isLeaving && performance.now() >= this.resumesAt;
  }

  pauseFor(ms: number): void {
    this.resumesAt = performance.now() + ms;
  }
}
