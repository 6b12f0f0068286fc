import { DateMessage } from '@crossroads/contracts/google/type/date';
import { type Document, LocalizedText, type Message, type Payment } from '@crossroads/contracts/ebox/v1/message';
import type { IsoDay } from '@crossroads/identifiers';
import type { Policy } from '@crossroads/policy';
import type { DocumentContent, PaymentContent } from './message-content.js';
import type { ListedMessage } from './message-contents.js';
import { receivedAt } from './message-ids.js';

/** A message as its reader sees it, with the name that the policy has for its sender. */
export const messageMessage = (
  { messageId, content, expiresOn, readAt, ...row }: ListedMessage,
  { policy, isAvailable }: { readonly policy: Policy; readonly isAvailable: (provider: string) => boolean },
): Message => ({
  messageId,
  sender: row.sender,
  senderName: policy.institution(row.sender)?.name ?? '',
  originalMessageId: row.originalMessageId,
  subject: LocalizedText.fromPartial(content.subject),
  messageType: row.messageType,
  receivedTime: receivedAt(messageId),
  expirationDate: expiresOn === null ? undefined : dateMessage(expiresOn),
  readTime: readAt ?? undefined,
  hidden: row.hidden,
  registeredMail: row.registeredMail,
  replyAllowed: content.replyAllowed ?? false,
  documents: content.documents.map((one) => documentMessage(one, isAvailable(row.provider))),
  payment: content.payment && paymentMessage(content.payment),
});

/** What was uploaded is in the store of the mesh, whatever becomes of its provider. */
const documentMessage = (
  { id, name, mediaType, size, sha256, uploaded }: DocumentContent,
  isProviderAvailable: boolean,
): Document => ({
  documentId: id,
  name,
  mediaType,
  size: BigInt(size),
  sha256: Buffer.from(sha256, 'base64'),
  uploaded: uploaded ?? false,
  temporarilyUnavailable: !uploaded && !isProviderAvailable,
});

const paymentMessage = ({ amount, currency, iban, reference, dueOn }: PaymentContent): Payment => ({
  amount,
  currency,
  iban,
  reference,
  dueDate: dueOn && dateMessage(dueOn),
});

const dateMessage = (isoDay: IsoDay): DateMessage => {
  const [year = 0, month = 0, day = 0] = isoDay.split('-').map(Number);
  return DateMessage.fromPartial({ year, month, day });
};
