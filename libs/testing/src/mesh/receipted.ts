import { AccessKind, type Ask } from '@crossroads/contracts/access/v1/access_record';
import { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { beginRelease, DEFAULT_LOG_ORIGIN, type ReceiptKey, signReceipt } from '@crossroads/transparency';
import { handedOnToken } from './signed-request.js';

/** What is behind an ask in specs: nothing that a party sees. */
export const NOTHING_BEHIND = {
  ticket: '',
  peer: '',
  application: '',
  officialRole: '',
  officialId: '',
  requestTokenHash: Buffer.alloc(0),
  inscription: undefined,
  policyRevision: 0n,
  subscriptionId: '',
  repeatOf: '',
  mail: undefined,
};

/** A question to a source with ask, receipt and request token, as the exchange sends it; `recorded` is what its ask says instead. */
export const receipted = (
  question: Partial<SupplyRequest>,
  party: string,
  key: ReceiptKey,
  recorded: Partial<Omit<Ask, 'askVersion' | 'reference' | 'time'>> = {},
  time = new Date(),
): SupplyRequest => {
  const asked = SupplyRequest.fromPartial(question);
  const { ssin, dataService, fieldGroups, customer, legalContext, asOfDate } = asked;
  const named = {
    party,
    ssin,
    customer,
    dataService,
    fieldGroups,
    legalContext,
    deliberationId: '',
    asOfDate,
    kind: AccessKind.ACCESS_KIND_CONSULTATION,
    mail: undefined,
    proposal: undefined,
    ...recorded,
  };
  const release = beginRelease(named, NOTHING_BEHIND, time);
  return SupplyRequest.fromPartial({
    receipt: signReceipt(release, DEFAULT_LOG_ORIGIN, key),
    ask: Buffer.from(release.ask.bytes),
    askSalt: Buffer.from(release.ask.salt),
    requestToken: handedOnToken(asked),
    ...question,
  });
};
