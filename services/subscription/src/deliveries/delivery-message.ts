import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  AccessResult,
  ConsultationStatus,
  type FilteredElement,
} from '@crossroads/contracts/access/v1/access_record';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { type ReceiptKey, type Salted, salted, signReceipt } from '@crossroads/transparency';

/** What was decided about one mutation for one subscription. */
export interface DecidedDelivery {
  readonly subscriptionId: string;
  readonly institution: string;
  readonly inscriptionContext: string;
  readonly legalContext: string;
  readonly mutation: Mutation;
  readonly ceSource: string;
  readonly ceId: string;
  /** In which the mutation came, when it is recorded. */
  readonly traceparent?: string;
  /** The source as the policy names it: enterprise number or `service:<name>`. */
  readonly supplier: string;
  readonly deliberationId: string;
  readonly policyRevision: bigint;
  readonly releasedFieldGroups: readonly string[];
  /** The changed groups, cut. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly filtered: readonly FilteredElement[];
}

/** An access, as the journal keeps it: exact bytes, each with a salt of its own. */
export interface JournaledDelivery {
  readonly record: Salted;
  readonly outcome: Salted;
}

/** A delivery is an access: its record and outcome are known at once, before the message can leave. */
export const journalOf = (delivery: DecidedDelivery, ticket: string, time: Date): JournaledDelivery => {
  const { mutation } = delivery;
  const record = AccessRecord.encode({
    recordVersion: 1,
    ticket,
    kind: AccessKind.ACCESS_KIND_DELIVERY,
    customer: delivery.institution,
    peer: delivery.institution,
    application: '',
    officialRole: '',
    officialId: '',
    legalContext: delivery.legalContext,
    inscriptionContext: delivery.inscriptionContext,
    services: [
      {
        dataService: mutation.dataService,
        fieldGroups: delivery.releasedFieldGroups,
        deliberationId: delivery.deliberationId,
        source: delivery.supplier,
      },
    ],
    policyRevision: delivery.policyRevision,
    personId: mutation.personId,
    ssins: [mutation.ssin],
    time,
    subscriptionId: delivery.subscriptionId,
  }).finish();
  const outcome = AccessOutcome.encode({
    outcomeVersion: 1,
    ticket,
    result: AccessResult.ACCESS_RESULT_ANSWERED,
    services: [
      {
        dataService: mutation.dataService,
        status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
        sourceRevision: mutation.sourceRevision,
        releasedFieldGroups: delivery.releasedFieldGroups,
        filtered: delivery.filtered,
        reason: '',
      },
    ],
    time,
    reason: '',
  }).finish();
  return { record: salted(record), outcome: salted(outcome) };
};

/** The outcome that takes the place of the first one when a delivery is withheld before it reached the topic. */
export const withheldOutcome = (ticket: string, reason: string, time: Date): Salted =>
  salted(
    AccessOutcome.encode({
      outcomeVersion: 1,
      ticket,
      result: AccessResult.ACCESS_RESULT_REFUSED,
      services: [],
      time,
      reason,
    }).finish(),
  );

export interface ReceiptSigner {
  readonly key: ReceiptKey;
  readonly logOrigin: string;
}

/** The message as the subscriber reads it. */
export const deliveryBytes = (
  delivery: DecidedDelivery,
  sequence: bigint,
  ticket: string,
  { record }: JournaledDelivery,
  signer: ReceiptSigner,
  time: Date,
): Uint8Array => {
  const { mutation } = delivery;
  return Delivery.encode({
    deliveryVersion: 1,
    subscriptionId: delivery.subscriptionId,
    sequence,
    content: {
      $case: 'mutation',
      value: {
        ssin: mutation.ssin,
        dataService: mutation.dataService,
        sourceRevision: mutation.sourceRevision,
        changedFieldGroups: mutation.changedFieldGroups.filter((group) => delivery.releasedFieldGroups.includes(group)),
        data: { ...delivery.data },
        filtered: delivery.filtered,
        effectiveDate: mutation.effectiveDate,
        recordedTime: mutation.recordedTime,
        deliberationId: delivery.deliberationId,
        policyRevision: delivery.policyRevision,
        ticket,
        receipt: signReceipt(record, time, signer.logOrigin, signer.key),
        record: Buffer.from(record.bytes),
        recordSalt: Buffer.from(record.salt),
      },
    },
  }).finish();
};

/** The last message of a subscription. */
export const closingBytes = (subscriptionId: string, sequence: bigint, reason: string, time: Date): Uint8Array =>
  Delivery.encode({
    deliveryVersion: 1,
    subscriptionId,
    sequence,
    content: { $case: 'closing', value: { reason, time } },
  }).finish();

/** A number whose person was erased before it could be delivered: no content. */
export const forgottenBytes = (subscriptionId: string, sequence: bigint): Uint8Array =>
  Delivery.encode({ deliveryVersion: 1, subscriptionId, sequence, content: undefined }).finish();
