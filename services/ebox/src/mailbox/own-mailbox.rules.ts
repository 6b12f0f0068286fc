interface Opened {
  readonly ownerId: string;
  readonly openedAt: Date;
}

/**
 * The mailbox of a person of whom several may have been opened before numbers were replaced: that of the current id, else the one
 * that was opened first. Decisions are stored with it, so that it keeps them when the replacement is undone.
 */
export const ownMailbox = <Row extends Opened>(ownerIds: readonly string[], rows: readonly Row[]): Row | undefined =>
  rows.find(({ ownerId }) => ownerId === ownerIds[0]) ??
  rows
    .filter(({ ownerId }) => ownerIds.includes(ownerId))
    .toSorted(
      (one, other) => one.openedAt.getTime() - other.openedAt.getTime() || (one.ownerId < other.ownerId ? -1 : 1),
    )[0];
