import { AccessKind, type Ask } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { subscription } from '@crossroads/topology';
import {
  type AcceptedReceipts,
  AskCheck,
  type AskFault,
  explanationOf,
  type ReceiptUse,
} from '@crossroads/transparency';

type Mismatch =
  | 'ASK_OF_OTHER_KIND'
  | 'ASK_OF_OTHER_CUSTOMER'
  | 'ASK_OF_OTHER_PERSON'
  | 'ASK_OF_OTHER_LEGAL_CONTEXT'
  | 'ASK_OF_OTHER_DATA_SERVICE'
  | 'ASK_OF_OTHER_FIELD_GROUPS'
  | 'ASK_OF_OTHER_DAY';

export type ReceiptRefusal = AskFault | Mismatch;

/** Whether the receipt of a request is of who asks, and for this very request to this source. */
export class ReceiptCheck {
  private readonly asks: AskCheck<SupplyRequest, Mismatch>;

  /** `party` is the enterprise number of the source that checks, or `service:<name>`. */
  constructor(accepted: AcceptedReceipts, party: string) {
    this.asks = new AskCheck(accepted, party, mismatchOf);
  }

  /** The receipt, which is valid. @throws PermissionDenied with a `ReceiptRefusal` as its reason */
  require(request: SupplyRequest, caller: Caller): Receipt {
    const { receipt } = request;
    const refusal: ReceiptRefusal | undefined = this.asks.faultOf(request, useOf(caller));
    if (refusal !== undefined || receipt === undefined)
      throw new PermissionDenied(
        refusal ?? 'RECEIPT_MISSING',
        `data is supplied only against the receipt of the access it is for${explanationOf(refusal ?? '')}`,
      );
    return receipt;
  }
}

/** Subscription asks for snapshots; everybody else consults. */
export const useOf = (caller: Caller): ReceiptUse =>
  caller.kind === 'service' && caller.name === subscription.name ? 'delivery' : 'consultation';

const mismatchOf = (ask: Ask, request: SupplyRequest, use: ReceiptUse): Mismatch | undefined => {
  // Under another kind it would stand in the person's list as their own look.
  if (ask.kind !== KINDS[use]) return 'ASK_OF_OTHER_KIND';
  if (ask.customer !== request.customer) return 'ASK_OF_OTHER_CUSTOMER';
  if (ask.ssin !== request.ssin) return 'ASK_OF_OTHER_PERSON';
  if (ask.legalContext !== request.legalContext) return 'ASK_OF_OTHER_LEGAL_CONTEXT';
  if (ask.dataService !== request.dataService) return 'ASK_OF_OTHER_DATA_SERVICE';
  if (dayIn(ask.asOfDate) !== dayIn(request.asOfDate)) return 'ASK_OF_OTHER_DAY';
  const recorded = new Set(ask.fieldGroups);
  return request.fieldGroups.every((group) => recorded.has(group)) ? undefined : 'ASK_OF_OTHER_FIELD_GROUPS';
};

const KINDS: Readonly<Record<ReceiptUse, AccessKind>> = {
  consultation: AccessKind.ACCESS_KIND_CONSULTATION,
  delivery: AccessKind.ACCESS_KIND_DELIVERY,
  opening: AccessKind.ACCESS_KIND_MAIL_OPENING,
};

const dayIn = (date: Ask['asOfDate']): string => (date ? [date.year, date.month, date.day].join('-') : '');
