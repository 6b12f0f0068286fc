import { createHash } from 'node:crypto';
import { AccessKind, MailReader } from '@crossroads/contracts/access/v1/access_record';
import { beginRelease, type BegunRelease, NO_PARTY } from '@crossroads/transparency';
import type { Reader } from '../mailbox/readers.js';

/** What somebody opens: the list of a mailbox, a message of it, or a document of a message. */
export interface OpenedMail {
  readonly reader: Reader;
  readonly message?: { readonly messageId: string; readonly sender: string };
  readonly document?: { readonly documentId: string; readonly provider: string };
}

/** The release of an opening. The provider of a document is its party, and is shown the ask alone. */
export const mailRelease = (
  { reader, message, document }: OpenedMail,
  { ticket, policyRevision, time }: { readonly ticket: string; readonly policyRevision: bigint; readonly time: Date },
): BegunRelease => {
  const readsOwn = reader.reader === MailReader.MAIL_READER_OWNER;
  const { enterpriseNumber: peer, application } = reader.frontEnd;
  return beginRelease(
    {
      party: document?.provider || NO_PARTY,
      // The number of another reader is shown to nobody.
      ssin: readsOwn ? reader.ssin : '',
      customer: '',
      dataService: '',
      fieldGroups: [],
      legalContext: '',
      deliberationId: '',
      asOfDate: undefined,
      kind: AccessKind.ACCESS_KIND_MAIL_OPENING,
      mail: {
        messageId: message?.messageId ?? '',
        documentId: document?.documentId ?? '',
        sender: message?.sender ?? '',
        provider: document?.provider ?? '',
        reader: reader.reader,
      },
      proposal: undefined,
    },
    {
      ticket,
      peer,
      application,
      officialRole: '',
      officialId: '',
      requestTokenHash: Buffer.alloc(0),
      inscription: undefined,
      policyRevision,
      subscriptionId: '',
      repeatOf: '',
      mail: { delegationId: reader.delegationId, readerId: readsOwn ? '' : pseudonymOf(reader) },
    },
    time,
  );
};

/** Who reads, by an id for this owner alone: a `personId` stays inside the mesh. It is random, so that its hash hides it. */
const pseudonymOf = ({ ownerIds: [ownerId], personId }: Reader): string =>
  createHash('sha256').update(`${ownerId}\n${personId}`).digest('base64url').slice(0, 22);
