import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { fields, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';

/** Whose mailbox it is, `Readers` finds out. */
const mailbox = z.custom<MailboxReference | undefined>();

const ofMessage = { mailbox, messageId: fields.uuid };
const change = { ...ofMessage, requestId: fields.requestId };

const getMessageRequest = fields.message(ofMessage);
const markMessageRequest = fields.message({ ...change, read: z.boolean() });
const hideMessageRequest = fields.message({ ...change, hidden: z.boolean() });
const downloadDocumentRequest = fields.message({ ...ofMessage, documentId: fields.text({ max: 200 }) });

export type GetMessageInput = z.output<typeof getMessageRequest>;
export type MarkMessageInput = z.output<typeof markMessageRequest>;
export type HideMessageInput = z.output<typeof hideMessageRequest>;
export type DownloadDocumentInput = z.output<typeof downloadDocumentRequest>;

/** @throws InvalidInput naming every field that is wrong */
export const GetMessagePipe = requestPipe(getMessageRequest);
export const MarkMessagePipe = requestPipe(markMessageRequest);
export const HideMessagePipe = requestPipe(hideMessageRequest);
export const DownloadDocumentPipe = requestPipe(downloadDocumentRequest);
