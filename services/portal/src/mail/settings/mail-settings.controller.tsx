import { Clock } from '@crossroads/configuration';
import type { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { newRequestId } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import {
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  NotFoundException,
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
import { Vocabularies } from '../../vocabulary/vocabularies.js';
import { chosenMailbox, type MailboxChoice, mailboxReferenceOf } from '../mailbox-choice.rules.js';
import { Mailboxes } from '../mailboxes.js';
import { printable } from '../message.rules.js';
import { asPageError, refusedAsPage, wrongFields } from '../remote-refusals.js';
import { requiredChoice } from '../required-choice.js';
import { ConfirmationPage } from './confirmation.page.js';
import { MailSettingsPage } from './mail-settings.page.js';
import {
  channelOf,
  channelsInForce,
  delegateLine,
  languageMessage,
  languageOfMessage,
  OWN_CHANNEL,
  problemsOfViolations,
  settingsDoneOf,
  type SettingsProblems,
  type TypedPreferences,
  typedPreferences,
} from './mail-settings.rules.js';
import { mailSettingsTexts } from './mail-settings.texts.js';

const HISTORY_SIZE = 50;

/** Consent and preferences of a mailbox, and an overview of who may read it. */
@Controller(':language/mail/settings')
@UseGuards(SignedInGuard)
export class MailSettingsController {
  constructor(
    private readonly calls: MeshCalls,
    private readonly mailboxes: Mailboxes,
    private readonly vocabularies: Vocabularies,
    private readonly clock: Clock,
  ) {}

  @Get()
  show(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Query() query: FormInput,
  ): Promise<PageAnswer | SeeOther> {
    return this.page(session, language, query);
  }

  @Post()
  async change(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Body() body: FormInput,
  ): Promise<PageAnswer | SeeOther> {
    switch (textOf(body, 'action')) {
      case 'give-consent':
        return this.giveConsent(session, language, body);
      case 'preferences':
        return this.changePreferences(session, language, body);
      default:
        throw new BadRequestException();
    }
  }

  @Get('withdraw')
  askToWithdraw(@SignedIn() session: Session, @Visiting() { language }: Visit, @Query() query: FormInput): PageAnswer {
    const t = mailSettingsTexts(language);
    const channel = channelOf(query);
    if (!channel) throw new NotFoundException();
    return new PageAnswer(
      t('withdrawTitle'),
      <ConfirmationPage
        language={language}
        csrfToken={session.csrfToken}
        requestId={newRequestId()}
        choice={requiredChoice(query)}
        path="/mail/settings/withdraw"
        title={t('withdrawTitle')}
        text={t('withdrawText')}
        button={t('withdrawButton')}
        values={{ channel }}
      />,
    );
  }

  @Post('withdraw')
  async withdraw(
    @SignedIn() session: Session,
    @Visiting() { language }: Visit,
    @Body() body: FormInput,
  ): Promise<SeeOther> {
    const choice = requiredChoice(body);
    const channel = channelOf(body);
    if (!channel) throw new BadRequestException();
    const { consented } = await refusedAsPage(
      this.calls.as(session, 'mailboxes', (client, options) =>
        client.withdrawConsent(
          { requestId: textOf(body, 'request'), mailbox: mailboxReferenceOf(choice), channel },
          options,
        ),
      ),
    );
    return settingsAfter(language, choice, consented ? 'still' : 'withdrawn');
  }

  private async giveConsent(session: Session, language: Language, body: FormInput): Promise<SeeOther> {
    const choice = requiredChoice(body);
    await refusedAsPage(
      this.calls.as(session, 'mailboxes', (client, options) =>
        client.giveConsent(
          {
            requestId: textOf(body, 'request'),
            mailbox: mailboxReferenceOf(choice),
            channel: OWN_CHANNEL,
            language: languageMessage(language),
          },
          options,
        ),
      ),
    );
    return textOf(body, 'from') === 'mail'
      ? new SeeOther(hrefOf(language, '/mail', { ...choice, done: 'consent' }))
      : settingsAfter(language, choice, 'consent');
  }

  private async changePreferences(
    session: Session,
    language: Language,
    body: FormInput,
  ): Promise<PageAnswer | SeeOther> {
    const choice = requiredChoice(body);
    const typed = typedPreferences(body);
    if (typed.language === '')
      return this.page(session, language, body, { typed, problems: { language: 'noLanguage' } });
    const preferences = {
      language: languageMessage(typed.language),
      exclusivelyEbox: typed.exclusively,
      notificationAddress: typed.address,
    };
    try {
      await this.calls.as(session, 'mailboxes', (client, options) =>
        client.changePreferences(
          { requestId: textOf(body, 'request'), mailbox: mailboxReferenceOf(choice), preferences },
          options,
        ),
      );
    } catch (error) {
      const wrong = wrongFields(error);
      if (!wrong) throw asPageError(error);
      const problems = problemsOfViolations(wrong);
      if (!problems) throw new BadRequestException();
      return this.page(session, language, body, { typed, problems });
    }
    return settingsAfter(language, choice, 'preferences');
  }

  private async page(
    session: Session,
    language: Language,
    input: FormInput,
    wrong?: { readonly typed: TypedPreferences; readonly problems: SettingsProblems },
  ): Promise<PageAnswer | SeeOther> {
    const t = mailSettingsTexts(language);
    const choice = requiredChoice(input);
    const shown = chosenMailbox(await this.mailboxes.of(session), choice);
    if (!shown) throw new NotFoundException();
    // Somebody who has not given consent reads first what it means.
    if (shown.openTime === undefined) return new SeeOther(hrefOf(language, '/mail', { ...choice }));
    if (!shown.preferences) throw new ForbiddenException();
    const mailbox = mailboxReferenceOf(choice);
    const [{ consents, nextPageToken }, { delegates }, vocabulary] = await refusedAsPage(
      Promise.all([
        this.calls.as(session, 'mailboxes', (client, options) =>
          client.listConsents({ mailbox, pageSize: HISTORY_SIZE, pageToken: textOf(input, 'page') }, options),
        ),
        this.calls.as(session, 'mailboxes', (client, options) => client.listDelegates({ mailbox }, options)),
        this.vocabularies.in(language),
      ]),
    );
    const today = dayOf(this.clock.now());
    const view = {
      csrfToken: session.csrfToken,
      requestIds: { consent: newRequestId(), preferences: newRequestId() },
      choice,
      consented: shown.consented,
      channels: channelsInForce(consents),
      history: consents.map(({ channel, given, time, frontEnd }) => ({
        at: time,
        given,
        channel,
        through: printable(vocabulary.institution(frontEnd)),
      })),
      olderHistory: nextPageToken,
      preferences: wrong?.typed ?? keptPreferences(shown),
      problems: wrong?.problems ?? {},
      delegates: delegates.map((delegate) => delegateLine(delegate, today)),
      done: settingsDoneOf(textOf(input, 'done')),
    };
    return new PageAnswer(t('title'), <MailSettingsPage language={language} view={view} />, wrong ? 400 : 200);
  }
}

const keptPreferences = ({ preferences }: Mailbox): TypedPreferences => ({
  language: languageOfMessage(preferences?.language),
  exclusively: preferences?.exclusivelyEbox ?? false,
  address: preferences?.notificationAddress ?? '',
});

const settingsAfter = (language: Language, choice: MailboxChoice, done: string): SeeOther =>
  new SeeOther(hrefOf(language, '/mail/settings', { ...choice, done }));
