import { randomUUID } from 'node:crypto';
import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  AccessResult,
  ConsultationStatus,
  type FilteredElement,
} from '@crossroads/contracts/access/v1/access_record';
import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { uuidV7 } from '@crossroads/eventsourcing';
import { type Salted, salted } from '@crossroads/transparency';

/** A delivery as far as its access record tells of it. */
export interface DeliveredAccess {
  readonly subscriptionId: string;
  readonly institution: string;
  readonly inscriptionContext: string;
  readonly legalContext: string;
  readonly mutation: Mutation;
  /** Of the mutation, when its trace is sampled. */
  readonly traceparent?: string;
  /** The source as the policy names it: enterprise number or `service:<name>`. */
  readonly supplier: string;
  readonly deliberationId: string;
  readonly policyRevision: bigint;
  /** That these have changed is told; their data is released unless it is a notification. */
  readonly releasedFieldGroups: readonly string[];
  readonly content: 'data' | 'notification';
  readonly filtered: readonly FilteredElement[];
}

/** An access with its record and outcome: exact bytes, each with a salt of its own. */
export interface JournalEntry {
  readonly journalId: string;
  readonly ticket: string;
  readonly personId: string;
  readonly record: Salted;
  readonly outcome: Salted;
  readonly traceparent?: string;
}

/** Record and outcome are made together: what a delivery releases is known before it is sent. */
export const journalEntryOf = (access: DeliveredAccess, time: Date): JournalEntry => {
  const ticket = randomUUID();
  return {
    ...concludedEntry(
      access.mutation.personId,
      ticket,
      deliveryRecord(access, ticket, time),
      deliveryOutcome(access, ticket, time),
    ),
    ...(access.traceparent === undefined ? {} : { traceparent: access.traceparent }),
  };
};

/** An access whose record was made before its outcome was known. Its stream begins now. */
export const concludedEntry = (personId: string, ticket: string, record: Salted, outcome: Salted): JournalEntry => ({
  journalId: uuidV7(),
  ticket,
  personId,
  record,
  outcome,
});

export const deliveryRecord = (access: Omit<DeliveredAccess, 'filtered'>, ticket: string, time: Date): Salted =>
  salted(
    AccessRecord.encode({
      recordVersion: 1,
      ticket,
      kind: AccessKind.ACCESS_KIND_DELIVERY,
      customer: access.institution,
      peer: access.institution,
      application: '',
      officialRole: '',
      officialId: '',
      legalContext: access.legalContext,
      inscriptionContext: access.inscriptionContext,
      services: [
        {
          dataService: access.mutation.dataService,
          fieldGroups: access.releasedFieldGroups,
          deliberationId: access.deliberationId,
          source: access.supplier,
        },
      ],
      policyRevision: access.policyRevision,
      personId: access.mutation.personId,
      ssins: [access.mutation.ssin],
      time,
      subscriptionId: access.subscriptionId,
      mail: undefined,
      proposal: undefined,
    }).finish(),
  );

export const deliveryOutcome = (access: DeliveredAccess, ticket: string, time: Date): Salted => {
  const { mutation, releasedFieldGroups, content, filtered } = access;
  return salted(
    AccessOutcome.encode({
      outcomeVersion: 1,
      ticket,
      result: AccessResult.ACCESS_RESULT_ANSWERED,
      services: [
        {
          dataService: mutation.dataService,
          status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
          sourceRevision: mutation.sourceRevision,
          releasedFieldGroups: content === 'data' ? releasedFieldGroups : [],
          filtered,
          reason: content === 'data' ? '' : 'NOTIFICATION',
        },
      ],
      time,
      reason: '',
    }).finish(),
  );
};

/** The source has nothing on the person. */
export const noDataOutcome = (dataService: string, ticket: string, time: Date): Salted =>
  salted(
    AccessOutcome.encode({
      outcomeVersion: 1,
      ticket,
      result: AccessResult.ACCESS_RESULT_ANSWERED,
      services: [
        {
          dataService,
          status: ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND,
          sourceRevision: 0n,
          releasedFieldGroups: [],
          filtered: [],
          reason: '',
        },
      ],
      time,
      reason: '',
    }).finish(),
  );

/** Takes the place of the first outcome when a delivery is withheld before it reached the topic. */
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
