import { hash } from 'node:crypto';
import { AccessKind, AccessResult, type Behind, type Outcome } from '@crossroads/contracts/access/v1/access_record';
import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import type { IsoDay } from '@crossroads/identifiers';
import {
  beginRelease,
  type BegunRelease,
  outcomeOfRelease,
  outcomeWithoutData,
  type Salted,
} from '@crossroads/transparency';
import { dateMessage } from '../sources/date.message.js';

/** The official who made a request, as stated by the institution: a role and an opaque id, never a name. */
export interface Official {
  readonly role: string;
  readonly id: string;
}

/** A consultation at the moment of its decision. */
export interface Consultation {
  readonly ticket: string;
  /** The institution that receives the data. */
  readonly customer: string;
  /** Enterprise number of the connected institution. */
  readonly peer: string;
  readonly application: string;
  /** Absent when software asks by itself. */
  readonly official: Official | undefined;
  readonly requestToken: string;
  readonly legalContext: string;
  /** By which the customer knows the person; absent without any. */
  readonly inscription: Inscription | undefined;
  readonly services: readonly RequestedService[];
  readonly policyRevision: bigint;
  /** Empty when the number belongs to no person. */
  readonly personId: string;
  readonly ssin: string;
  /** The day about which is asked. */
  readonly day: IsoDay;
  readonly time: Date;
  /** The ticket of the first request, when this one repeats it. */
  readonly repeatOf: string;
}

/** One data service that is asked, or whose release is refused. */
export interface RequestedService {
  readonly dataService: string;
  /** What the source is asked for; when it is not asked, what was requested. */
  readonly fieldGroups: readonly string[];
  /** Empty when refused. */
  readonly deliberationId: string;
  /** Whom the release reaches: the source, or `NO_PARTY` when refused. */
  readonly party: string;
}

/** One release for each data service: the exact bytes that are stored, that receipts commit to, and that their readers see. */
export const releasesOf = (consultation: Consultation): BegunRelease[] => {
  const { customer, legalContext, ssin, day, time, services } = consultation;
  const behind = behindOf(consultation);
  return services.map(({ party, dataService, fieldGroups, deliberationId }) =>
    beginRelease(
      {
        party,
        ssin,
        customer,
        dataService,
        fieldGroups: [...fieldGroups],
        legalContext,
        deliberationId,
        asOfDate: dateMessage(day),
        kind: AccessKind.ACCESS_KIND_CONSULTATION,
        mail: undefined,
        proposal: undefined,
      },
      behind,
      time,
    ),
  );
};

const behindOf = (consultation: Consultation): Omit<Behind, 'behindVersion'> => {
  const { ticket, peer, application, official, requestToken, inscription, policyRevision, repeatOf } = consultation;
  return {
    ticket,
    peer,
    application,
    officialRole: official?.role ?? '',
    officialId: official?.id ?? '',
    requestTokenHash: hash('sha256', requestToken, 'buffer'),
    inscription: inscription && { context: inscription.inscriptionContext, period: inscription.period },
    policyRevision,
    subscriptionId: '',
    repeatOf,
    mail: undefined,
  };
};

/** What came of each release, in their order. */
export const outcomesOf = (outcomes: readonly Omit<Outcome, 'outcomeVersion'>[]): Salted[] =>
  outcomes.map(outcomeOfRelease);

/** Of an access whose process is gone: whether data left is not known. */
export const unknownOutcomes = (releases: number, time: Date): Salted[] =>
  Array.from({ length: releases }, () => outcomeWithoutData(AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN, time));
