/** One access. `journalId` is its stream, and what auditors see; `ticket` is what the parties see. */
export interface Access {
  readonly journalId: string;
  readonly ticket: string;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
}
