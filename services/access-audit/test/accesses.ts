import { randomUUID } from 'node:crypto';
import {
  AccessKind,
  AccessResult,
  Ask,
  Behind,
  ConsultationStatus,
  MailReading,
  OpenedMail,
} from '@crossroads/contracts/access/v1/access_record';
import {
  AccessConcluded,
  AccessIntended,
  AccessJournaled,
  type InscribedPerson,
  PersonsInscribed,
} from '@crossroads/contracts/access/v1/events';
import { ssinCheck } from '@crossroads/identifiers';
import type { ToPublish } from '@crossroads/testing/mesh';
import {
  beginRelease,
  type BegunRelease,
  outcomeOfRelease,
  releaseMessage,
  type Salted,
} from '@crossroads/transparency';
import { WELFARE } from './world.js';

export const SERVICE = 'employment.wages.v1';
export const OTHER = 'social.status.v1';
/** Another institution: the source that is asked. */
const SOURCE = '0206731645';
export const DELIBERATION = '6b2f0a52-3d7b-4f0e-9a51-0d9f5f1c2b3a';

/** A synthetic person: month 61, nobody's. */
export const someone = (counter: number) => {
  const nine = `806101${String(counter).padStart(3, '0')}`;
  return { ssin: `${nine}${ssinCheck(nine, 1900)}`, personId: randomUUID() };
};

export interface Access {
  readonly ssin: string;
  readonly personId: string;
  readonly journalId: string;
  readonly time: Date;
  readonly kind?: AccessKind;
  readonly mail?: OpenedMail;
  readonly reading?: MailReading;
  readonly repeatOf?: string;
  readonly dataService?: string;
  readonly party?: string;
}

/** One release, to the source or, of a delivery, to the institution itself. */
const begunOf = (one: Access): BegunRelease => {
  const { ssin, journalId, time, kind = AccessKind.ACCESS_KIND_CONSULTATION, mail, reading, repeatOf = '' } = one;
  const isMail = kind === AccessKind.ACCESS_KIND_MAIL_OPENING;
  return beginRelease(
    Ask.fromPartial({
      party: one.party ?? (kind === AccessKind.ACCESS_KIND_DELIVERY ? WELFARE : SOURCE),
      ssin,
      customer: WELFARE,
      dataService: isMail ? '' : (one.dataService ?? SERVICE),
      fieldGroups: ['employer', 'amount'],
      legalContext: 'PCSA:SOCIAL_INQUIRY',
      deliberationId: DELIBERATION,
      kind,
      ...(mail ? { mail } : {}),
    }),
    Behind.fromPartial({
      ticket: journalId,
      peer: WELFARE,
      application: 'desk',
      officialRole: 'social-worker',
      officialId: 'a7f3',
      inscription: { context: 'PCSA:LIVING_WAGE' },
      policyRevision: 7n,
      repeatOf,
      ...(reading ? { mail: reading } : {}),
    }),
    time,
  );
};

const outcomeOf = ({ time }: Access, result: AccessResult, reason: string): Salted =>
  outcomeOfRelease({
    result,
    time,
    reason,
    ...(result === AccessResult.ACCESS_RESULT_ANSWERED
      ? {
          status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
          sourceRevision: 3n,
          releasedFieldGroups: ['employer'],
          filtered: [{ path: 'amount', fieldGroup: 'amount', reason: 'NOT_GRANTED' }],
        }
      : { status: 0, sourceRevision: 0n, releasedFieldGroups: [], filtered: [] }),
  });

export const access = (
  person: { readonly ssin: string; readonly personId: string },
  more: Partial<Access> = {},
): Access => ({
  ...person,
  journalId: randomUUID(),
  time: new Date(),
  ...more,
});

const event = ({ journalId }: Access, participle: string, revision: bigint, data: Uint8Array): ToPublish => ({
  type: `accesses.notify.${participle}`,
  streamId: journalId,
  revision,
  key: journalId,
  data,
});

export const intended = (one: Access): ToPublish =>
  event(
    one,
    'intended',
    1n,
    AccessIntended.encode({
      journalId: one.journalId,
      personId: one.personId,
      releases: [releaseMessage(begunOf(one))],
    }).finish(),
  );

export const concluded = (
  one: Access,
  result = AccessResult.ACCESS_RESULT_ANSWERED,
  reason = '',
  revision = 2n,
): ToPublish =>
  event(
    one,
    'concluded',
    revision,
    AccessConcluded.encode({
      journalId: one.journalId,
      personId: one.personId,
      releases: [releaseMessage({ ...begunOf(one), outcome: outcomeOf(one, result, reason) })],
    }).finish(),
  );

/** A consultation of two data services, of which one was refused. */
export const halfRefused = (one: Access): ToPublish => {
  const answered = releaseMessage({
    ...begunOf(one),
    outcome: outcomeOf(one, AccessResult.ACCESS_RESULT_ANSWERED, ''),
  });
  const refusal = outcomeOfRelease({
    result: AccessResult.ACCESS_RESULT_REFUSED,
    status: ConsultationStatus.CONSULTATION_STATUS_NO_RESULT,
    sourceRevision: 0n,
    releasedFieldGroups: [],
    filtered: [],
    time: one.time,
    reason: 'NO_DELIBERATION',
  });
  const releases = [releaseMessage({ ...begunOf({ ...one, dataService: OTHER }), outcome: refusal }), answered];
  const { journalId, personId } = one;
  return event(one, 'concluded', 1n, AccessConcluded.encode({ journalId, personId, releases }).finish());
};

/** A person of a snapshot: delivered, and asked of the source. */
export const deliveredAndAsked = (one: Access): ToPublish => {
  const delivery = { ...one, kind: AccessKind.ACCESS_KIND_DELIVERY };
  const outcome = outcomeOf(one, AccessResult.ACCESS_RESULT_ANSWERED, '');
  const releases = [begunOf(delivery), begunOf({ ...delivery, party: SOURCE })].map((release) =>
    releaseMessage({ ...release, outcome }),
  );
  const { journalId, personId } = one;
  return event(one, 'delivered', 1n, AccessJournaled.encode({ journalId, personId, releases }).finish());
};

/** A delivery that was not sent after all: the outcome of the delivery alone. */
export const withheld = (one: Access, reason: string): ToPublish => {
  const releases = [releaseMessage({ outcome: outcomeOf(one, AccessResult.ACCESS_RESULT_REFUSED, reason) })];
  const { journalId, personId } = one;
  return event(one, 'concluded', 2n, AccessConcluded.encode({ journalId, personId, releases }).finish());
};

/** By an exchange that told of the intent before: without the record. */
export const concludedApart = (one: Access): ToPublish =>
  event(
    one,
    'concluded',
    2n,
    AccessConcluded.encode({
      journalId: one.journalId,
      personId: one.personId,
      releases: [releaseMessage({ outcome: outcomeOf(one, AccessResult.ACCESS_RESULT_ANSWERED, '') })],
    }).finish(),
  );

const journaled = (one: Access, result: AccessResult, reason: string): Uint8Array =>
  AccessJournaled.encode({
    journalId: one.journalId,
    personId: one.personId,
    releases: [releaseMessage({ ...begunOf(one), outcome: outcomeOf(one, result, reason) })],
  }).finish();

export const refused = (one: Access, reason: string): ToPublish =>
  event(one, 'refused', 1n, journaled(one, AccessResult.ACCESS_RESULT_REFUSED, reason));

export const delivered = (one: Access): ToPublish =>
  event(
    one,
    'delivered',
    1n,
    journaled({ ...one, kind: AccessKind.ACCESS_KIND_DELIVERY }, AccessResult.ACCESS_RESULT_ANSWERED, ''),
  );

/** Mail that somebody opened, as the eBox publishes it. */
export const opened = (
  one: Access,
  mail: Partial<OpenedMail> = one.mail ?? {},
  reading: Partial<MailReading> = one.reading ?? {},
): ToPublish => {
  const access = {
    ...one,
    kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
    mail: OpenedMail.fromPartial(mail),
    reading: MailReading.fromPartial(reading),
  };
  return event(one, 'opened', 1n, journaled(access, AccessResult.ACCESS_RESULT_ANSWERED, ''));
};

/** Persons whom the welfare office inscribed, as the directory publishes it: a line of each. */
export const inscribed = (
  persons: readonly { readonly ssin: string; readonly personId: string }[],
  more: Partial<Omit<PersonsInscribed, 'persons'>> & Pick<InscribedPerson, 'inscription'>,
): ToPublish & { readonly routingKey: string } => {
  const { inscription, ...stated } = more;
  const journalId = randomUUID();
  const data = PersonsInscribed.encode(
    PersonsInscribed.fromPartial({
      journalId,
      customer: WELFARE,
      peer: WELFARE,
      application: 'desk',
      ticket: randomUUID(),
      policyRevision: 7n,
      ...stated,
      persons: persons.map((person) => ({ ...person, ...(inscription ? { inscription } : {}) })),
    }),
  ).finish();
  const [first] = persons;
  return {
    type: 'accesses.notify.inscribed',
    streamId: journalId,
    revision: 1n,
    key: journalId,
    routingKey: first?.personId ?? journalId,
    data,
  };
};
