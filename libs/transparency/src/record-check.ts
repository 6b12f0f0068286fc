import { createHash } from 'node:crypto';
import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { LRUCache } from 'lru-cache';
import { opens } from './commitment.js';
import { cachingReceiptVerifier, type ReceiptFault, type VerifyReceipt } from './receipt.js';
import type { ReceiptKeys, ReceiptUse } from './receipt-key.js';

/** What every request for personal data carries: the promise that the access is recorded, and the record. */
export interface ReceiptedRequest {
  readonly ticket: string;
  readonly receipt: Receipt | undefined;
  /** The exact bytes of an `AccessRecord`. */
  readonly record: Buffer;
  readonly recordSalt: Buffer;
}

/** What a refusal says, beside its reason. */
export const explanationOf = (fault: string): string => EXPLANATIONS.get(fault) ?? '';

const EXPLANATIONS: ReadonlyMap<string, string> = new Map<ReceiptFault, string>([
  ['RECEIPT_OF_OTHER_USE', ': the key of this receipt is registered for another use'],
  ['RECEIPT_OF_OTHER_ORIGIN', ': this receipt promises another access log than the one that is configured here'],
  ['RECEIPT_BEFORE_START', ': this receipt was made before the start of this process; ask again with a new one'],
  ['RECEIPT_TOO_OLD', ': this receipt is more than 60 s old by the clock here; ask again, and compare the clocks'],
  ['RECEIPT_IN_FUTURE', ': this receipt is more than 60 s ahead of the clock here; compare the clocks'],
]);

export type RecordFault =
  | ReceiptFault
  | 'COMMITMENT_NOT_OPENED'
  | 'RECORD_MALFORMED'
  | 'RECORD_OF_OTHER_TICKET'
  | 'TICKET_REUSED';

export interface AcceptedReceipts {
  readonly keys: ReceiptKeys;
  /** The access log that receipts must promise. */
  readonly origin: string;
  /** @default the clock of this machine */
  readonly now?: () => Date;
}

/** By the clock of whoever checks, in milliseconds. */
const MAX_AGE_MS = 60_000;

/** They take some 10 MB. */
const MAX_TICKETS = 50_000;

/**
 * A receipt is the signed promise that this very access is recorded. Who asks for one cannot be queried by a compromised service
 * without leaving a trace in the access log. `mismatchOf` says what the record and the request do not agree on.
 */
export class RecordCheck<Request extends ReceiptedRequest, Mismatch extends string> {
  /** Hash of the record by ticket. */
  private readonly hashes = new LRUCache<string, string>({ max: MAX_TICKETS });
  private readonly verify: VerifyReceipt;
  private readonly now: () => Date;
  /** What was answered before is forgotten at a start: a receipt from before it could be answered twice. */
  private readonly notBefore: Date;

  constructor(
    private readonly accepted: AcceptedReceipts,
    private readonly mismatchOf: (record: AccessRecord, request: Request) => Mismatch | undefined,
  ) {
    this.verify = cachingReceiptVerifier(accepted.keys);
    this.now = accepted.now ?? (() => new Date());
    this.notBefore = this.now();
  }

  /** Why nothing may leave for this request; nothing when its receipt is valid for it. Never throws. */
  faultOf(request: Request, use: ReceiptUse): RecordFault | Mismatch | undefined {
    const { receipt, record, recordSalt, ticket } = request;
    const { notBefore, accepted } = this;
    const fault = this.verify(receipt, { use, origin: accepted.origin, maxAgeMs: MAX_AGE_MS, notBefore }, this.now());
    if (fault !== undefined || receipt === undefined) return fault ?? 'RECEIPT_MISSING';
    if (!opens(receipt.commitment, recordSalt, record)) return 'COMMITMENT_NOT_OPENED';
    const named = decoded(record);
    if (named === undefined) return 'RECORD_MALFORMED';
    if (named.ticket !== ticket || ticket === '') return 'RECORD_OF_OTHER_TICKET';
    return this.mismatchOf(named, request) ?? this.reuseOf(ticket, record);
  }

  /** A ticket may come again with the same record (a retry, or another part of the same access), but not with another record. */
  private reuseOf(ticket: string, record: Uint8Array): 'TICKET_REUSED' | undefined {
    const hash = createHash('sha256').update(record).digest('base64');
    const before = this.hashes.get(ticket);
    if (before !== undefined && before !== hash) return 'TICKET_REUSED';
    this.hashes.set(ticket, hash);
    return undefined;
  }
}

const decoded = (bytes: Buffer): AccessRecord | undefined => {
  try {
    const record = AccessRecord.decode(bytes);
    return record.recordVersion === 1 ? record : undefined;
  } catch {
    return undefined;
  }
};
