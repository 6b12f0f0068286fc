import { newRequestId, RemoteError } from '@crossroads/grpc';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { MeshCalls } from '../../mesh/mesh-calls.js';
import { type FormInput, textOf } from '../../page/form-input.rules.js';
import { hrefOf } from '../../page/href.js';
import { PageAnswer } from '../../page/page-answer.js';
import { SeeOther } from '../../page/see-other.js';
import { SignedInGuard } from '../../page/signed-in.guard.js';
import { SignedIn, type Visit, Visiting } from '../../page/visit.js';
import type { Session } from '../../session/session.js';
import type { Language } from '../../text/language.js';
import { isUuid, mailboxReferenceOf } from '../mailbox-choice.rules.js';
import { printable } from '../message.rules.js';
import { asPageError, refusedAsPage, wrongFields } from '../remote-refusals.js';
import { requiredChoice } from '../required-choice.js';
import { ConfirmationPage } from './confirmation.page.js';
import { DelegateFormPage, type DelegateFormView } from './delegate-form.page.js';
import { delegateProblems, digitsOf, periodOf, problemsOfViolations, typedDelegate } from './mail-settings.rules.js';
import { mailSettingsTexts } from './mail-settings.texts.js';

type Trouble = Pick<DelegateFormView, 'problems' | 'refused'>;

const NO_TROUBLE: Trouble = { problems: {}, refused: undefined };

/** Whom the owner of a mailbox lets read it. */
@Controller(':language/mail/settings/delegates')
@UseGuards(SignedInGuard)
export class DelegateController {
  constructor(private readonly calls: MeshCalls) {}

  @Get()
  form(@SignedIn() session: Session, @Visiting() { language }: Visit, @Query() query: FormInput): PageAnswer {
    // What stands in an address fills nothing in.
    return formPage(session, language, query, NO_TROUBLE, typedDelegate({}));
  }

  @Post()
  async add(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Body() body: FormInput,
  ): Promise<PageAnswer | SeeOther> {
    const choice = requiredChoice(body);
    const typed = typedDelegate(body);
    const problems = delegateProblems(typed);
    if (Object.keys(problems).length > 0)
      return formPage(session, language, body, { problems, refused: undefined }, typed);
    try {
      await this.calls.as(session, 'mailboxes', (client, options) =>
        client.addDelegate(
          {
            requestId: textOf(body, 'request'),
            mailbox: mailboxReferenceOf(choice),
            ssin: digitsOf(typed.number),
            label: typed.label,
            period: periodOf(typed),
          },
          options,
        ),
      );
    } catch (error) {
      return formPage(session, language, body, troubleOf(error), typed);
    }
    return new SeeOther(hrefOf(language, '/mail/settings', { ...choice, done: 'added' }));
  }

  @Get(':delegationId/remove')
  async askToRemove(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Param('delegationId') delegationId: string,
    @Query() query: FormInput,
  ): Promise<PageAnswer> {
    const t = mailSettingsTexts(language);
    const choice = requiredChoice(query);
    const { delegates } = await refusedAsPage(
      this.calls.as(session, 'mailboxes', (client, options) =>
        client.listDelegates({ mailbox: mailboxReferenceOf(choice) }, options),
      ),
    );
    const delegate = delegates.find((one) => one.delegationId === delegationId);
    if (!delegate) throw new NotFoundException();
    return new PageAnswer(
      t('removeTitle'),
      <ConfirmationPage
        language={language}
        csrfToken={session.csrfToken}
        requestId={newRequestId()}
        choice={choice}
        path={`/mail/settings/delegates/${delegationId}/remove`}
        title={t('removeTitle')}
        text={t('removeText', { label: printable(delegate.label) })}
        button={t('removeButton')}
      />,
    );
  }

  @Post(':delegationId/remove')
  async remove(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Param('delegationId') delegationId: string,
    @Body() body: FormInput,
  ): Promise<SeeOther> {
    const choice = requiredChoice(body);
    if (!isUuid(delegationId)) throw new NotFoundException();
    await refusedAsPage(
      this.calls.as(session, 'mailboxes', (client, options) =>
        client.removeDelegate(
          { requestId: textOf(body, 'request'), mailbox: mailboxReferenceOf(choice), delegationId },
          options,
        ),
      ),
    );
    return new SeeOther(hrefOf(language, '/mail/settings', { ...choice, done: 'removed' }));
  }
}

/** @throws what is no trouble of the form */
const troubleOf = (error: unknown): Trouble => {
  const wrong = wrongFields(error);
  if (wrong) {
    const problems = problemsOfViolations(wrong);
    if (!problems) throw new BadRequestException();
    return { problems, refused: undefined };
  }
  const reason = error instanceof RemoteError ? error.reason : '';
  if (reason === 'TOO_MANY_DELEGATES') return { problems: {}, refused: 'tooMany' };
  if (reason === 'MAILBOX_NOT_OPEN') return { problems: {}, refused: 'noMailbox' };
  throw asPageError(error);
};

const formPage = (
  { csrfToken }: Session,
  language: Language,
  input: FormInput,
  trouble: Trouble,
  typed: DelegateFormView['typed'],
): PageAnswer =>
  new PageAnswer(
    mailSettingsTexts(language)('addTitle'),
    <DelegateFormPage
      language={language}
      view={{ csrfToken, requestId: newRequestId(), choice: requiredChoice(input), typed, ...trouble }}
    />,
    trouble === NO_TROUBLE ? 200 : 400,
  );
