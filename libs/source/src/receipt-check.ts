import { createHash } from 'node:crypto';
import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import type { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { PermissionDenied } from '@crossroads/grpc';
import { opens, type ReceiptFault, type ReceiptKeys, receiptCheck } from '@crossroads/transparency';
import { LRUCache } from 'lru-cache';

export type ReceiptRefusal =
  | ReceiptFault
  | 'COMMITMENT_NOT_OPENED'
  | 'RECORD_MALFORMED'
  | 'RECORD_OF_OTHER_TICKET'
  | 'RECORD_OF_OTHER_CUSTOMER'
  | 'RECORD_OF_OTHER_PERSON'
  | 'RECORD_OF_OTHER_LEGAL_CONTEXT'
  | 'RECORD_OF_OTHER_DATA_SERVICE'
  | 'RECORD_OF_OTHER_FIELD_GROUPS'
  | 'TICKET_REUSED';

/** They take some 10 MB. */
const MAX_TICKETS = 50_000;

/**
 * A receipt is the exchange's signed promise that this very access is recorded. A source that asks for one cannot be queried by a
 * compromised exchange without leaving a trace in the access log.
 */
export class ReceiptCheck {
  /** Hash of the record by ticket. */
  private readonly hashes = new LRUCache<string, string>({ max: MAX_TICKETS });
  private readonly faultOf: ReturnType<typeof receiptCheck>;

  constructor(keys: ReceiptKeys) {
    this.faultOf = receiptCheck(keys);
  }

  /** @throws PermissionDenied with a `ReceiptRefusal` as its reason. */
  require(request: SupplyRequest): void {
    const refusal = this.refusalOf(request);
    if (refusal === undefined) return;
    throw new PermissionDenied(refusal, 'data is supplied only against the receipt of the access it is for');
  }

  private refusalOf(request: SupplyRequest): ReceiptRefusal | undefined {
    const { receipt, record, recordSalt, ticket } = request;
    const fault = this.faultOf(receipt);
    if (fault !== undefined || receipt === undefined) return fault ?? 'RECEIPT_MISSING';
    if (!opens(receipt.commitment, recordSalt, record)) return 'COMMITMENT_NOT_OPENED';
    const named = decoded(record);
    if (named === undefined) return 'RECORD_MALFORMED';
    return mismatchOf(named, request) ?? this.reuseOf(ticket, record);
  }

  /** A ticket may come again with the same record (a retry, or another data service of the same access), but not with another record. */
  private reuseOf(ticket: string, record: Uint8Array): ReceiptRefusal | undefined {
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

const mismatchOf = (record: AccessRecord, request: SupplyRequest): ReceiptRefusal | undefined => {
  if (record.ticket !== request.ticket || record.ticket === '') return 'RECORD_OF_OTHER_TICKET';
  if (record.customer !== request.customer) return 'RECORD_OF_OTHER_CUSTOMER';
  if (!record.ssins.includes(request.ssin)) return 'RECORD_OF_OTHER_PERSON';
  if (record.legalContext !== request.legalContext) return 'RECORD_OF_OTHER_LEGAL_CONTEXT';
  const services = record.services.filter(({ dataService }) => dataService === request.dataService);
  if (services.length === 0) return 'RECORD_OF_OTHER_DATA_SERVICE';
  const recorded = new Set(services.flatMap(({ fieldGroups }) => fieldGroups));
  return request.fieldGroups.every((group) => recorded.has(group)) ? undefined : 'RECORD_OF_OTHER_FIELD_GROUPS';
};
