/** A place in one partition of a log. */
export interface Place {
  /** Dense, from 1n; 0n is the beginning. */
  readonly position: bigint;
  /** The running hash up to this position: SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
}

/** A place, with the log and the partition that it is in. */
export interface LogPlace extends Place {
  /** UUID of the log; a log that was created anew has another one. */
  readonly logId: string;
  /** From 0; the number of the topic's partition, too. */
  readonly partition: number;
}
