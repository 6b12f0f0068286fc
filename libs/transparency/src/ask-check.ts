import { Ask } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { opens } from './commitment.js';
import { cachingReceiptVerifier, type ReceiptFault, type VerifyReceipt } from './receipt.js';
import type { ReceiptKeys, ReceiptUse } from './receipt-key.js';

/** What every request for personal data carries: the promise that the access is recorded, and what of it this party is shown. */
export interface ReceiptedRequest {
  readonly receipt: Receipt | undefined;
  /** The exact bytes of an `Ask`. */
  readonly ask: Buffer;
  readonly askSalt: Buffer;
}

/** What a refusal says, beside its reason. */
export const explanationOf = (fault: string): string => EXPLANATIONS.get(fault) ?? '';

const EXPLANATIONS: ReadonlyMap<string, string> = new Map<ReceiptFault, string>([
  ['RECEIPT_OF_OTHER_USE', ': the key of this receipt is registered for another use'],
  ['RECEIPT_OF_OTHER_ORIGIN', ': this receipt promises another access log than the one that is configured here'],
  ['RECEIPT_BEFORE_START', ': this receipt was made before the start of this process; ask again with a new one'],
  ['RECEIPT_EXPIRED', ': this receipt has expired by the clock here; ask again with a new one, and compare the clocks'],
  ['RECEIPT_TOO_OLD', ': this receipt is more than 60 s old by the clock here; ask again, and compare the clocks'],
  ['RECEIPT_IN_FUTURE', ': this receipt is more than 60 s ahead of the clock here; compare the clocks'],
]);

export type AskFault =
  | ReceiptFault
  | 'COMMITMENT_NOT_OPENED'
  | 'ASK_MALFORMED'
  | 'ASK_OF_OTHER_PARTY'
  | 'ASK_OF_OTHER_TIME';

export interface AcceptedReceipts {
  readonly keys: ReceiptKeys;
  /** The access log that receipts must promise. */
  readonly origin: string;
  /** @default the clock of this machine */
  readonly now?: () => Date;
}

/** By the clock of whoever checks, in milliseconds. */
const MAX_AGE_MS = 60_000;

const ASK_VERSION = 1;

/**
 * A receipt is the signed promise that this very access is recorded. Who asks for one cannot be queried by a compromised service
 * without leaving a trace in the access log. `mismatchOf` says what the ask and the request do not agree on.
 */
export class AskCheck<Request extends ReceiptedRequest, Mismatch extends string> {
  private readonly verify: VerifyReceipt;
  private readonly now: () => Date;
  /** What was answered before is forgotten at a start: a receipt from before it could be answered twice. Receipts have whole seconds. */
  private readonly notBefore: Date;

  constructor(
    private readonly accepted: AcceptedReceipts,
    /** Enterprise number, or `service:<name>`, of who checks. */
    private readonly party: string,
    private readonly mismatchOf: (ask: Ask, request: Request, use: ReceiptUse) => Mismatch | undefined,
  ) {
    this.verify = cachingReceiptVerifier(accepted.keys);
    this.now = accepted.now ?? (() => new Date());
    this.notBefore = new Date(Math.floor(this.now().getTime() / 1000) * 1000);
  }

  /** Why nothing may leave for this request; nothing when its receipt is valid for it. Never throws. */
  faultOf(request: Request, use: ReceiptUse): AskFault | Mismatch | undefined {
    const { receipt, ask, askSalt } = request;
    const { notBefore, accepted } = this;
    const fault = this.verify(receipt, { use, origin: accepted.origin, maxAgeMs: MAX_AGE_MS, notBefore }, this.now());
    if (fault !== undefined || receipt === undefined) return fault ?? 'RECEIPT_MISSING';
    if (!opens(receipt.askCommitment, 'ask', askSalt, ask)) return 'COMMITMENT_NOT_OPENED';
    const asked = decoded(ask);
    if (asked === undefined) return 'ASK_MALFORMED';
    if (asked.party !== this.party) return 'ASK_OF_OTHER_PARTY';
    if (!isOfTime(asked, receipt, use)) return 'ASK_OF_OTHER_TIME';
    return this.mismatchOf(asked, request, use);
  }
}

/** The person is shown the time of the ask. A snapshot asks again under the ask that got no answer, with a receipt of now. */
const isOfTime = ({ time: asked }: Ask, { time: made }: Receipt, use: ReceiptUse): boolean =>
  asked !== undefined && made !== undefined && (use === 'delivery' ? asked <= made : +asked === +made);

const decoded = (bytes: Buffer): Ask | undefined => {
  try {
    const ask = Ask.decode(bytes);
    return ask.askVersion === ASK_VERSION ? ask : undefined;
  } catch {
    return undefined;
  }
};
