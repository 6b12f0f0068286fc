import { createHash } from 'node:crypto';
import { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { fields, parseRequest, perContext, RequestValidation, type ValidationContext } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { MessageContent } from '../message/message-content.js';
import { documents } from './documents.reader.js';
import { MessageTypes } from './message-types.js';
import { payment } from './payment.reader.js';
import { line, ownId } from './printable-text.reader.js';

const MAX_SUBJECT = 200;
export const MAX_ORIGINAL_ID = 128;

const text = fields.optional(line({ max: MAX_SUBJECT }));

const subject = fields
  .message({ nl: text, fr: text, de: text, en: text }, 'the subject')
  .transform(({ nl, fr, de, en }, context): MessageContent['subject'] => {
    if (nl === undefined && fr === undefined && de === undefined)
      fields.refuseAt(context, [], 'REQUIRED', 'needed: a subject in nl, fr or de');
    return {
      ...(nl === undefined ? {} : { nl }),
      ...(fr === undefined ? {} : { fr }),
      ...(de === undefined ? {} : { de }),
      ...(en === undefined ? {} : { en }),
    };
  });

/** How a `NewMessage` is read; paths begin with the field of the request that has it. */
const requestSchema = (types: MessageTypes, validation: ValidationContext) => {
  const recipient = fields.message(
    { by: fields.oneof({ ssin: fields.ssin(validation), enterpriseNumber: fields.enterpriseNumber }) },
    'the recipient',
  );
  const messageType = fields.field((raw: string, refuse): string => {
    if (raw === '') return refuse('REQUIRED', 'needed: a message type; ListMessageTypes has them all');
    return types.has(raw) ? raw : refuse('UNKNOWN_MESSAGE_TYPE', 'one of those that ListMessageTypes answers');
  });
  const expirationDate = fields.day.transform((day, context) =>
    day < validation.today ? fields.refuseAt(context, [], 'EXPIRED', 'the last day is today or later') : day,
  );
  return fields.message({
    message: fields.message(
      {
        requestId: fields.requestId,
        sender: fields.enterpriseNumber,
        recipient,
        originalMessageId: ownId({ max: MAX_ORIGINAL_ID }),
        subject,
        messageType,
        documents,
        expirationDate: fields.optional(expirationDate),
        registeredMail: z.boolean(),
        payment: fields.optional(payment),
        replyAllowed: z.boolean(),
      },
      'the message',
    ),
  });
};

type ReadMessage = z.output<ReturnType<typeof requestSchema>>['message'];

/** A message whose fields are all well-formed. */
export interface MessageInput
  extends Pick<ReadMessage, 'requestId' | 'sender' | 'originalMessageId' | 'messageType' | 'registeredMail'> {
  /** SHA-256 of the message as it is encoded here: the same whichever rpc it came by. */
  readonly hash: Uint8Array;
  readonly recipient: ReadMessage['recipient']['by'];
  readonly expiresOn: ReadMessage['expirationDate'];
  readonly content: MessageContent;
}

@Injectable()
export class NewMessageReader {
  private readonly schema: (validation: ValidationContext) => ReturnType<typeof requestSchema>;

  constructor(
    types: MessageTypes,
    private readonly validation: RequestValidation,
  ) {
    this.schema = perContext((validation) => requestSchema(types, validation));
  }

  /** @throws InvalidInput naming every field that is wrong */
  read(request: { readonly message: NewMessage | undefined }): MessageInput {
    const { message } = parseRequest(this.schema(this.validation.context()), request);
    const { recipient, expirationDate, subject, documents, payment, replyAllowed, ...rest } = message;
    return {
      ...rest,
      hash: hashOf(request.message),
      recipient: recipient.by,
      expiresOn: expirationDate,
      content: {
        subject,
        documents,
        ...(payment === undefined ? {} : { payment }),
        ...(replyAllowed ? { replyAllowed } : {}),
      },
    };
  }
}

const hashOf = (message: NewMessage | undefined): Uint8Array =>
  createHash('sha256')
    .update(message === undefined ? '' : NewMessage.encode(message).finish())
    .digest();
