import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  type AccessResult,
  type RequestedService,
  type ServiceOutcome,
} from '@crossroads/contracts/access/v1/access_record';

/** The official behind a request, as their institution states it: a role and an opaque id, never a name. */
export interface Official {
  readonly role: string;
  readonly id: string;
}

/** What is known of a consultation when it is decided. */
export interface Consultation {
  readonly ticket: string;
  /** For whom is asked. */
  readonly customer: string;
  /** Enterprise number of who is connected. */
  readonly peer: string;
  readonly application: string;
  /** Absent when software asks by itself. */
  readonly official: Official | undefined;
  readonly legalContext: string;
  readonly inscriptionContext: string;
  readonly services: readonly RequestedService[];
  readonly policyRevision: bigint;
  /** Empty when the number is nobody's. */
  readonly personId: string;
  readonly ssin: string;
  readonly time: Date;
}

/** The exact bytes that are kept, committed to, shown to the source and, later, to the person. */
export const encodeRecord = (consultation: Consultation): Uint8Array => {
  const { official, ssin, ...asked } = consultation;
  const record: AccessRecord = {
    ...asked,
    recordVersion: 1,
    kind: AccessKind.ACCESS_KIND_CONSULTATION,
    officialRole: official?.role ?? '',
    officialId: official?.id ?? '',
    ssins: [ssin],
    subscriptionId: '',
  };
  return AccessRecord.encode(record).finish();
};

export interface Outcome {
  readonly ticket: string;
  readonly result: AccessResult;
  readonly services: readonly ServiceOutcome[];
  readonly time: Date;
  readonly reason?: string;
}

export const encodeOutcome = ({ reason = '', ...outcome }: Outcome): Uint8Array =>
  AccessOutcome.encode({ ...outcome, outcomeVersion: 1, reason }).finish();
