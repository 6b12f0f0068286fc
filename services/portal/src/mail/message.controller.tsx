import { Clock } from '@crossroads/configuration';
import { newRequestId } from '@crossroads/grpc';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  Query,
  Res,
  type StreamableFile,
  UseGuards,
} from '@nestjs/common';
import type { Response } from 'express';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { type FormInput, textOf } from '../page/form-input.rules.js';
import { hrefOf } from '../page/href.js';
import { PageAnswer } from '../page/page-answer.js';
import { SeeOther } from '../page/see-other.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import type { Session } from '../session/session.js';
import { DocumentAwayPage } from './document-away.page.js';
import { DOCUMENT_HEADERS, documentFile, openDocument, type OpenedDocument } from './document-download.js';
import { documentFailureOf } from './document-failure.js';
import { isUuid, mailboxReferenceOf } from './mailbox-choice.rules.js';
import { Mailboxes } from './mailboxes.js';
import { MessagePage } from './message.page.js';
import { messageView } from './message.rules.js';
import { messageTexts } from './message.texts.js';
import { refusedAsPage } from './remote-refusals.js';
import { requiredChoice } from './required-choice.js';

/** One message, what can be done with it, and its documents. */
@Controller(':language/mail/:messageId')
@UseGuards(SignedInGuard)
export class MessageController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly mailboxes: Mailboxes,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Param('messageId') id: string,
    @Query() query: FormInput,
  ): Promise<PageAnswer> {
    const choice = requiredChoice(query);
    const messageId = requiredId(id);
    const mailbox = mailboxReferenceOf(choice);
    const [{ message }, types] = await Promise.all([
      refusedAsPage(
        this.calls.as(session, 'messages', (client, options) => client.getMessage({ mailbox, messageId }, options)),
      ),
      this.mailboxes.messageTypes(),
    ]);
    if (!message) throw new NotFoundException();
    return new PageAnswer(
      messageTexts(language)('title'),
      <MessagePage
        language={language}
        csrfToken={session.csrfToken}
        requestIds={{ mark: newRequestId(), hide: newRequestId() }}
        choice={choice}
        message={messageView(message, types, language)}
      />,
    );
  }

  /** The same form sent twice has the same request id, and is done once. */
  @Post()
  async change(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Param('messageId') id: string,
    @Body() body: FormInput,
  ): Promise<SeeOther> {
    const choice = requiredChoice(body);
    const action = ACTIONS.get(textOf(body, 'action'));
    if (!action) throw new BadRequestException();
    const which = {
      requestId: textOf(body, 'request'),
      mailbox: mailboxReferenceOf(choice),
      messageId: requiredId(id),
    };
    await refusedAsPage(
      this.calls.as(
        session,
        'messages',
        (client, options): Promise<unknown> =>
          'read' in action
            ? client.markMessage({ ...which, read: action.read }, options)
            : client.hideMessage({ ...which, hidden: action.hidden }, options),
      ),
    );
    // To the list: opening the message again would mark it as read.
    return new SeeOther(hrefOf(language, '/mail', { ...choice, done: action.done }));
  }

  @Get('documents/:documentId')
  async download(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Param('messageId') id: string,
    @Param('documentId') documentId: string,
    @Query() query: FormInput,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PageAnswer | StreamableFile> {
    const choice = requiredChoice(query);
    const messageId = requiredId(id);
    const request = { mailbox: mailboxReferenceOf(choice), messageId, documentId };
    const leaving = new AbortController();
    response.once('close', () => leaving.abort());
    let opened: OpenedDocument;
    try {
      opened = await refusedAsPage(
        this.calls.as(session, 'messages', (client, options) =>
          openDocument(client.downloadDocument(request, { ...options, signal: leaving.signal })),
        ),
      );
    } catch (error) {
      const failure = documentFailureOf(error, this.clock.now());
      if (!failure) throw error;
      return new PageAnswer(
        messageTexts(language)(failure.kind),
        <DocumentAwayPage language={language} messageId={messageId} choice={choice} failure={failure} />,
        failure.status,
      );
    }
    response.set(DOCUMENT_HEADERS);
    return documentFile(opened);
  }
}

type Action =
  | { readonly read: boolean; readonly done: 'read' | 'unread' }
  | { readonly hidden: boolean; readonly done: 'hidden' | 'shown' };

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['mark-unread', { read: false, done: 'unread' }],
  ['mark-read', { read: true, done: 'read' }],
  ['hide', { hidden: true, done: 'hidden' }],
  ['show', { hidden: false, done: 'shown' }],
]);

/** @throws NotFoundException for what can be no message */
const requiredId = (id: string): string => {
  if (!isUuid(id)) throw new NotFoundException();
  return id;
};
