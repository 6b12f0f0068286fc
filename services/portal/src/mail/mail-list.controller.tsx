import { newRequestId } from '@crossroads/grpc';
import { Body, Controller, Get, NotFoundException, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { type FormInput, textOf } from '../page/form-input.rules.js';
import { hrefOf } from '../page/href.js';
import { PageAnswer } from '../page/page-answer.js';
import { SeeOther } from '../page/see-other.js';
import { SignedInGuard } from '../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../page/visit.js';
import { PortalSettings } from '../portal.settings.js';
import type { Session } from '../session/session.js';
import { Vocabularies } from '../vocabulary/vocabularies.js';
import { filterQuery, listRequest, type MailFilter, mailFilterOf, problemsOf } from './mail-filter.rules.js';
import { MailListPage } from './mail-list.page.js';
import { doneOf, mailboxLines } from './mail-list.rules.js';
import { mailTexts } from './mail.texts.js';
import { chosenMailbox, type MailboxChoice } from './mailbox-choice.rules.js';
import { Mailboxes } from './mailboxes.js';
import { foreignText, messageLine } from './message.rules.js';
import { NoMailboxPage } from './no-mailbox.page.js';
import { asPageError, wrongFields } from './remote-refusals.js';
import { requiredChoice } from './required-choice.js';
import { ensureSearchKey, searchKeyOf } from './search-key.js';
import { openWords, sealWords } from './search-words.js';

/** The mailboxes of a person, and the messages in one of them. */
@Controller(':language/mail')
@UseGuards(SignedInGuard)
export class MailListController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly mailboxes: Mailboxes,
    private readonly vocabularies: Vocabularies,
    private readonly settings: PortalSettings,
  ) {}

  @Get()
  list(
    @SignedIn() session: Session,
    @Visiting() visit: Visit,
    @Query() query: FormInput,
    @Req() request: Request,
  ): Promise<PageAnswer> {
    const sealed = textOf(query, 'words');
    const words = openWords(sealed, searchKeyOf(request, this.settings.isSecure));
    return this.show(session, visit, {
      query,
      filter: mailFilterOf(query, words ?? ''),
      sealed: words === undefined ? '' : sealed,
      searchLost: words === undefined,
    });
  }

  /** The words of a form go into no address as they are. */
  @Post()
  async search(
    @SignedIn() session: Session,
    @Visiting() visit: Visit,
    @Body() body: FormInput,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PageAnswer | SeeOther> {
    const filter = mailFilterOf(body, textOf(body, 'words'));
    if (Object.keys(problemsOf(filter)).length > 0)
      return this.show(session, visit, { query: body, filter, sealed: '', searchLost: false });
    const sealed =
      filter.words === '' ? '' : sealWords(filter.words, ensureSearchKey(request, response, this.settings.isSecure));
    const choice = requiredChoice(body);
    return new SeeOther(hrefOf(visit.language, '/mail', { ...choice, ...filterQuery(filter, sealed) }));
  }

  private async show(session: Session, { language }: Visit, asked: AskedList): Promise<PageAnswer> {
    const { query, filter, sealed, searchLost } = asked;
    const choice = requiredChoice(query);
    const title = mailTexts(language)('title');
    const [mailboxes, types, vocabulary] = await Promise.all([
      this.mailboxes.of(session),
      this.mailboxes.messageTypes(),
      this.vocabularies.in(language),
    ]);
    const shown = chosenMailbox(mailboxes, choice);
    if (!shown) throw new NotFoundException();
    const lines = mailboxLines(mailboxes, shown);
    const { csrfToken } = session;
    if (shown.openTime === undefined) {
      const view = { csrfToken, requestId: newRequestId(), choice, mailboxes: lines };
      return new PageAnswer(title, <NoMailboxPage language={language} view={view} />);
    }

    const problems = problemsOf(filter);
    const isWrong = Object.keys(problems).length > 0;
    const pageToken = textOf(query, 'page');
    const { messages, nextPageToken } =
      isWrong || searchLost ? NOTHING : await this.messages(session, choice, filter, pageToken);
    const hrefTo = (page: string) => hrefOf(language, '/mail', { ...choice, ...filterQuery(filter, sealed), page });
    const view = {
      csrfToken,
      choice,
      mailboxes: lines,
      consented: shown.consented,
      filter,
      problems,
      searchLost,
      senders: [...vocabulary.institutions].map(([value, text]) => ({ value, text })).toSorted(byText),
      types: types
        .map(({ messageType, title: name }) => ({
          value: messageType,
          text: foreignText(name, language)?.text ?? messageType,
        }))
        .toSorted(byText),
      messages: messages.map((message) => messageLine(message, types, language)),
      isLaterPage: pageToken !== '',
      newest: pageToken === '' ? undefined : { href: hrefTo(''), label: mailTexts(language)('newest') },
      older: nextPageToken === '' ? undefined : { href: hrefTo(nextPageToken), label: mailTexts(language)('older') },
      done: doneOf(textOf(query, 'done')),
    };
    return new PageAnswer(title, <MailListPage language={language} view={view} />, isWrong ? 400 : 200);
  }

  private async messages(session: Session, choice: MailboxChoice, filter: MailFilter, pageToken: string) {
    try {
      return await this.calls.as(session, 'messages', (client, options) =>
        client.listMessages(listRequest(choice, filter, pageToken), options),
      );
    } catch (error) {
      // An address that was changed by hand, or of a page of another filter.
      if (wrongFields(error)) throw new NotFoundException();
      throw asPageError(error);
    }
  }
}

interface AskedList {
  /** With the mailbox, and the page. */
  readonly query: FormInput;
  readonly filter: MailFilter;
  readonly sealed: string;
  readonly searchLost: boolean;
}

const NOTHING = { messages: [], nextPageToken: '' } as const;

const byText = (one: { readonly text: string }, other: { readonly text: string }): number =>
  one.text.localeCompare(other.text);
