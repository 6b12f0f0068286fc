/** What is known of a person in a snapshot when a mutation of the person is numbered. */
export interface JoinState {
  /** All persons of the snapshot are known. */
  readonly listed: boolean;
  /** Under the id of the mutation. */
  readonly isKnown: boolean;
  /** With which the person has come; null: it has not. */
  readonly revision: bigint | null;
  /** The person is known under another id, and has not come. */
  readonly isOutstandingAsOther: boolean;
}

/**
 * What becomes of a mutation: `held` will be in the snapshot of the person, which has not come; `contained` is in it already. Revisions
 * are of one person id: those of two ids that were found to be one person's are not compared.
 */
export const joinOf = (
  { listed, isKnown, revision, isOutstandingAsOther }: JoinState,
  mutation: bigint,
): 'delivered' | 'held' | 'contained' => {
  if (isKnown && revision !== null) return mutation <= revision ? 'contained' : 'delivered';
  return isKnown || isOutstandingAsOther || !listed ? 'held' : 'delivered';
};
