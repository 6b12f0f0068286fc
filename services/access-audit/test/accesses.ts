import { randomUUID } from 'node:crypto';
import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  AccessResult,
  ConsultationStatus,
  MailOpening,
} from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { ssinCheck } from '@crossroads/identifiers';
import type { ToPublish } from '@crossroads/testing/mesh';
import { salted } from '@crossroads/transparency';
import { WELFARE } from './world.js';

export const SERVICE = 'employment.wages.v1';
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
  readonly mail?: MailOpening;
  readonly repeatOf?: string;
}

const recordOf = (one: Access) => {
  const { ssin, personId, journalId, time, kind = AccessKind.ACCESS_KIND_CONSULTATION, mail, repeatOf = '' } = one;
  const { bytes, salt } = salted(
    AccessRecord.encode(
      AccessRecord.fromPartial({
        recordVersion: 1,
        ticket: journalId,
        kind,
        customer: WELFARE,
        peer: WELFARE,
        application: 'desk',
        officialRole: 'social-worker',
        officialId: 'a7f3',
        legalContext: 'PCSA:SOCIAL_INQUIRY',
        inscriptionContext: 'PCSA:LIVING_WAGE',
        services: [
          { dataService: SERVICE, fieldGroups: ['employer', 'amount'], deliberationId: DELIBERATION, source: WELFARE },
        ],
        policyRevision: 7n,
        personId,
        ssins: [ssin],
        time,
        repeatOf,
        ...(mail ? { mail } : {}),
      }),
    ).finish(),
  );
  return { record: Buffer.from(bytes), recordSalt: Buffer.from(salt) };
};

const outcomeOf = ({ journalId, time }: Access, result: AccessResult, reason: string) => {
  const { bytes, salt } = salted(
    AccessOutcome.encode(
      AccessOutcome.fromPartial({
        outcomeVersion: 1,
        ticket: journalId,
        result,
        services:
          result === AccessResult.ACCESS_RESULT_ANSWERED
            ? [
                {
                  dataService: SERVICE,
                  status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND,
                  sourceRevision: 3n,
                  releasedFieldGroups: ['employer'],
                  filtered: [{ path: 'amount', fieldGroup: 'amount', reason: 'NOT_GRANTED' }],
                },
              ]
            : [],
        time,
        reason,
      }),
    ).finish(),
  );
  return { outcome: Buffer.from(bytes), outcomeSalt: Buffer.from(salt) };
};

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
    AccessIntended.encode({ journalId: one.journalId, personId: one.personId, ...recordOf(one) }).finish(),
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
      ...recordOf(one),
      ...outcomeOf(one, result, reason),
    }).finish(),
  );

/** By an exchange that told of the intent before: without the record. */
export const concludedApart = (one: Access): ToPublish =>
  event(
    one,
    'concluded',
    2n,
    AccessConcluded.encode({
      journalId: one.journalId,
      personId: one.personId,
      record: Buffer.alloc(0),
      recordSalt: Buffer.alloc(0),
      ...outcomeOf(one, AccessResult.ACCESS_RESULT_ANSWERED, ''),
    }).finish(),
  );

const journaled = (one: Access, result: AccessResult, reason: string): Uint8Array =>
  AccessJournaled.encode({
    journalId: one.journalId,
    personId: one.personId,
    ...recordOf(one),
    ...outcomeOf(one, result, reason),
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
export const opened = (one: Access, mail: Partial<MailOpening> = one.mail ?? {}): ToPublish => {
  const access = { ...one, kind: AccessKind.ACCESS_KIND_MAIL_OPENING, mail: MailOpening.fromPartial(mail) };
  return event(one, 'opened', 1n, journaled(access, AccessResult.ACCESS_RESULT_ANSWERED, ''));
};
