import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { IsoDay } from '@crossroads/identifiers';

/** A receipt for which a source answered, and what its commitment opens to: proof that it answered for a recorded access. */
export interface KeptReceipt {
  /** Valid: with its commitment and time. */
  readonly receipt: Receipt;
  readonly dataService: string;
  /** The exact bytes of the ask. They name the person. */
  readonly ask: Uint8Array;
  readonly askSalt: Uint8Array;
}

/** Where a source keeps the receipts that it answered for. */
export interface ReceiptStore {
  /**
   * Resolves once it is durable; only then does the answer leave.
   * @returns false when this receipt is kept already: nothing leaves a second time
   */
  keep(kept: KeptReceipt): Promise<boolean>;
  /** How many are kept by data service, of one day (UTC) of their time, which is the asker's: the access log counts by the same. */
  countsOn(day: IsoDay): Promise<ReadonlyMap<string, number>>;
}

/** @throws when the receipt has no commitment or time, which no valid one lacks */
export const commitmentAndTime = ({
  askCommitment: commitment,
  time,
}: Receipt): { readonly commitment: Buffer; readonly time: Date } => {
  if (commitment.length === 0 || time === undefined) throw new TypeError('a receipt without commitment or time');
  return { commitment, time };
};
