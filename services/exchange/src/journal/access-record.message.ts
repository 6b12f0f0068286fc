import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  type AccessResult,
  type RequestedService,
  type ServiceOutcome,
} from '@crossroads/contracts/access/v1/access_record';
import type { Official } from '@crossroads/sign-in';

/** A consultation at the moment of its decision. */
export interface Consultation {
  readonly ticket: string;
  /** The institution that receives the data. */
  readonly customer: string;
  /** Enterprise number of the connected institution. */
  readonly peer: string;
  readonly application: string;
  /** Absent when an application asks on its own. */
  readonly official: Official | undefined;
  readonly legalContext: string;
  readonly inscriptionContext: string;
  readonly services: readonly RequestedService[];
  readonly policyRevision: bigint;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
  readonly ssin: string;
  readonly time: Date;
}

/** The exact bytes that are stored, that the receipt commits to, and that the source and later the person see. */
export const encodeRecord = (consultation: Consultation): Uint8Array => {
  const { official, ssin, ...fields } = consultation;
  const record: AccessRecord = {
    ...fields,
    recordVersion: 1,
    kind: AccessKind.ACCESS_KIND_CONSULTATION,
    officialRole: official?.role ?? '',
    officialId: official?.id ?? '',
    ssins: [ssin],
    subscriptionId: '',
    mail: undefined,
    proposal: undefined,
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
