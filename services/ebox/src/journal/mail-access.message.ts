import {
  AccessKind,
  AccessOutcome,
  AccessRecord,
  AccessResult,
  MailReader,
} from '@crossroads/contracts/access/v1/access_record';
import { type Salted, salted } from '@crossroads/transparency';
import type { Reader } from '../mailbox/readers.js';

/** What somebody opens: the list of a mailbox, a message of it, or a document of a message. */
export interface OpenedMail {
  readonly reader: Reader;
  readonly message?: { readonly messageId: string; readonly sender: string };
  readonly document?: { readonly documentId: string; readonly provider: string };
}

/** The exact bytes that are stored, that the receipt commits to, and that the provider and the owner see. */
export const mailRecord = (
  { reader, message, document }: OpenedMail,
  { ticket, policyRevision, time }: { readonly ticket: string; readonly policyRevision: bigint; readonly time: Date },
): Salted => {
  const readsOwn = reader.reader === MailReader.MAIL_READER_OWNER;
  return salted(
    AccessRecord.encode({
      recordVersion: 1,
      ticket,
      kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
      customer: '',
      peer: reader.frontEnd.enterpriseNumber,
      application: reader.frontEnd.application,
      officialRole: '',
      officialId: '',
      legalContext: '',
      inscriptionContext: '',
      services: [],
      policyRevision,
      personId: reader.ownerIds[0],
      // The number of another reader is not shown to the owner.
      ssins: readsOwn ? [reader.ssin] : [],
      time,
      subscriptionId: '',
      mail: {
        messageId: message?.messageId ?? '',
        documentId: document?.documentId ?? '',
        sender: message?.sender ?? '',
        provider: document?.provider ?? '',
        reader: reader.reader,
        delegationId: reader.delegationId,
        readerPersonId: readsOwn ? '' : reader.personId,
      },
      proposal: undefined,
    }).finish(),
  );
};

/** @param reason empty unless it was refused */
export const mailOutcome = (ticket: string, result: AccessResult, time: Date, reason = ''): Salted =>
  salted(AccessOutcome.encode({ outcomeVersion: 1, ticket, result, services: [], time, reason }).finish());
