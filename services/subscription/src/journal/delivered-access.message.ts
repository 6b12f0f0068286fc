import type { RecordedReason } from '@crossroads/policy';
import { randomUUID } from 'node:crypto';
import {
  AccessKind,
  AccessResult,
  ConsultationStatus,
  type FilteredElement,
  type Release,
} from '@crossroads/contracts/access/v1/access_record';
import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { uuidV7 } from '@crossroads/eventsourcing';
import {
  beginRelease,
  type BegunRelease,
  NO_PARTY,
  outcomeOfRelease,
  outcomeWithoutData,
  releaseMessage,
  type Salted,
} from '@crossroads/transparency';

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

/** The releases of an access before their outcome is known. Who is delivered to comes first; a mutation was not asked of its source. */
export interface BegunReleases {
  readonly delivery: BegunRelease;
  readonly source?: BegunRelease;
}

/** An access with its releases: exact bytes, each with a salt of its own. */
export interface JournalEntry {
  readonly journalId: string;
  readonly ticket: string;
  readonly personId: string;
  /** What the subscriber is shown. */
  readonly delivery: BegunRelease;
  readonly releases: readonly Release[];
  readonly traceparent?: string;
}

/** Releases and outcomes are made together: what a delivery releases is known before it is sent. */
export const journalEntryOf = (access: DeliveredAccess, time: Date): JournalEntry => {
  const ticket = randomUUID();
  const delivery = releaseTo(access.institution, access, ticket, time);
  return {
    ...concludedEntry(access.mutation.personId, ticket, { delivery }, deliveryOutcome(access, time)),
    ...(access.traceparent === undefined ? {} : { traceparent: access.traceparent }),
  };
};

/** An access whose releases were begun before their outcome was known. Its stream begins now. */
export const concludedEntry = (
  personId: string,
  ticket: string,
  { delivery, source }: BegunReleases,
  outcome: () => Salted,
): JournalEntry => ({
  journalId: uuidV7(),
  ticket,
  personId,
  delivery,
  releases: [delivery, source].flatMap((one) => (one ? [releaseMessage({ ...one, outcome: outcome() })] : [])),
});

/** The releases of a person of a snapshot: its source is asked, and the subscriber delivered to. */
export const snapshotReleases = (
  access: Omit<DeliveredAccess, 'filtered'>,
  ticket: string,
  time: Date,
): Required<BegunReleases> => ({
  delivery: releaseTo(access.institution, access, ticket, time),
  source: releaseTo(access.supplier || NO_PARTY, access, ticket, time),
});

const releaseTo = (
  party: string,
  access: Omit<DeliveredAccess, 'filtered'>,
  ticket: string,
  time: Date,
): BegunRelease => {
  const { mutation, institution, legalContext, inscriptionContext, deliberationId, policyRevision } = access;
  return beginRelease(
    {
      party,
      ssin: mutation.ssin,
      customer: institution,
      dataService: mutation.dataService,
      fieldGroups: [...access.releasedFieldGroups],
      legalContext,
      deliberationId,
      asOfDate: undefined,
      kind: AccessKind.ACCESS_KIND_DELIVERY,
      mail: undefined,
      proposal: undefined,
    },
    {
      ticket,
      peer: institution,
      application: '',
      officialRole: '',
      officialId: '',
      requestTokenHash: Buffer.alloc(0),
      inscription: { context: inscriptionContext, period: undefined },
      policyRevision,
      subscriptionId: access.subscriptionId,
      repeatOf: '',
      mail: undefined,
    },
    time,
  );
};

/** Each call makes one with a salt of its own. */
export const deliveryOutcome =
  ({ mutation, releasedFieldGroups, content, filtered }: DeliveredAccess, time: Date) =>
  (): Salted =>
    outcomeOfRelease({
      result: AccessResult.ACCESS_RESULT_ANSWERED,
      status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
      sourceRevision: mutation.sourceRevision,
      releasedFieldGroups: content === 'data' ? [...releasedFieldGroups] : [],
      filtered: [...filtered],
      time,
      reason: content === 'data' ? '' : 'NOTIFICATION',
    });

/** The source has nothing on the person. */
export const noDataOutcome = (time: Date) => (): Salted =>
  outcomeOfRelease({
    result: AccessResult.ACCESS_RESULT_ANSWERED,
    status: ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND,
    sourceRevision: 0n,
    releasedFieldGroups: [],
    filtered: [],
    time,
    reason: '',
  });

/** Takes the place of the first outcome when a delivery is withheld before it reached the topic. */
export const withheldOutcome = (reason: RecordedReason, time: Date) => (): Salted =>
  outcomeWithoutData(AccessResult.ACCESS_RESULT_REFUSED, time, reason);
