import { AccessKind, AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { DEFAULT_LOG_ORIGIN, type ReceiptKey, salted, signReceipt } from '@crossroads/transparency';
import { handedOnToken } from './signed-request.js';

/** A question to a source with record, receipt and request token, as the exchange sends it; `recorded` is what its record says instead. */
export const receipted = (
  question: Partial<SupplyRequest>,
  key: ReceiptKey,
  recorded: Partial<AccessRecord> = {},
): SupplyRequest => {
  const asked = SupplyRequest.fromPartial(question);
  const { ticket, ssin, dataService, fieldGroups, customer, legalContext } = asked;
  const named = AccessRecord.fromPartial({
    recordVersion: 1,
    kind: AccessKind.ACCESS_KIND_CONSULTATION,
    ticket,
    customer,
    legalContext,
    ssins: [ssin],
    services: [{ dataService, fieldGroups }],
    ...recorded,
  });
  const record = salted(AccessRecord.encode(named).finish());
  return SupplyRequest.fromPartial({
    receipt: signReceipt(record, new Date(), DEFAULT_LOG_ORIGIN, key),
    record: Buffer.from(record.bytes),
    recordSalt: Buffer.from(record.salt),
    requestToken: handedOnToken(asked),
    ...question,
  });
};
