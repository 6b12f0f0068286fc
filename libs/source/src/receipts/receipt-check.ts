import type { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { type Caller, PermissionDenied } from '@crossroads/grpc';
import { subscription } from '@crossroads/topology';
import {
  type AcceptedReceipts,
  explanationOf,
  RecordCheck,
  type RecordFault,
  type ReceiptUse,
} from '@crossroads/transparency';

type Mismatch =
  | 'RECORD_OF_OTHER_CUSTOMER'
  | 'RECORD_OF_OTHER_PERSON'
  | 'RECORD_OF_OTHER_LEGAL_CONTEXT'
  | 'RECORD_OF_OTHER_DATA_SERVICE'
  | 'RECORD_OF_OTHER_FIELD_GROUPS';

export type ReceiptRefusal = RecordFault | Mismatch;

/** Whether the receipt of a request is of who asks, and for this very request. */
export class ReceiptCheck {
  private readonly records: RecordCheck<SupplyRequest, Mismatch>;

  constructor(accepted: AcceptedReceipts) {
    this.records = new RecordCheck(accepted, mismatchOf);
  }

  /** The receipt, which is valid. @throws PermissionDenied with a `ReceiptRefusal` as its reason */
  require(request: SupplyRequest, caller: Caller): Receipt {
    const { receipt } = request;
    const refusal: ReceiptRefusal | undefined = this.records.faultOf(request, useOf(caller));
    if (refusal !== undefined || receipt === undefined)
      throw new PermissionDenied(
        refusal ?? 'RECEIPT_MISSING',
        `data is supplied only against the receipt of the access it is for${explanationOf(refusal ?? '')}`,
      );
    return receipt;
  }
}

/** Subscription asks for snapshots, whose receipts go on to the subscriber; everybody else consults. */
export const useOf = (caller: Caller): ReceiptUse =>
  caller.kind === 'service' && caller.name === subscription.name ? 'delivery' : 'consultation';

const mismatchOf = (record: AccessRecord, request: SupplyRequest): Mismatch | undefined => {
  if (record.customer !== request.customer) return 'RECORD_OF_OTHER_CUSTOMER';
  if (!record.ssins.includes(request.ssin)) return 'RECORD_OF_OTHER_PERSON';
  if (record.legalContext !== request.legalContext) return 'RECORD_OF_OTHER_LEGAL_CONTEXT';
  const services = record.services.filter(({ dataService }) => dataService === request.dataService);
  if (services.length === 0) return 'RECORD_OF_OTHER_DATA_SERVICE';
  const recorded = new Set(services.flatMap(({ fieldGroups }) => fieldGroups));
  return request.fieldGroups.every((group) => recorded.has(group)) ? undefined : 'RECORD_OF_OTHER_FIELD_GROUPS';
};
