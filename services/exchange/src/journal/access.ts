/** One access: `journalId` is its stream, and what auditors see; `ticket` is what the parties see. */
export interface Access {
  readonly journalId: string;
  readonly ticket: string;
  /** Empty when the number is nobody's. */
  readonly personId: string;
}
