import type { VNode } from 'preact';
import { BackLink } from '../../component/back-link.js';
import { Button, ButtonLink } from '../../component/button.js';
import { Checkboxes } from '../../component/checkboxes.js';
import { ErrorSummary } from '../../component/error-summary.js';
import { Input } from '../../component/input.js';
import { Link } from '../../component/link.js';
import { NotificationBanner } from '../../component/notification-banner.js';
import { Radios } from '../../component/radios.js';
import { Table } from '../../component/table.js';
import { FormFields } from '../../page/form-fields.js';
import { hrefOf } from '../../page/href.js';
import { formatInstant } from '../../text/format.js';
import type { Language } from '../../text/language.js';
import { formatPeriod } from '../../text/period.js';
import type { MailboxChoice } from '../mailbox-choice.rules.js';
import {
  type DelegateLine,
  OWN_CHANNEL,
  type SettingsDone,
  type SettingsProblems,
  type TypedPreferences,
} from './mail-settings.rules.js';
import { mailSettingsTexts } from './mail-settings.texts.js';

interface ConsentLine {
  readonly at: Date | undefined;
  readonly given: boolean;
  readonly channel: string;
  /** Name of the front end through which it came. */
  readonly through: string;
}

interface MailSettingsView {
  readonly csrfToken: string;
  readonly requestIds: { readonly consent: string; readonly preferences: string };
  readonly choice: MailboxChoice;
  readonly consented: boolean;
  readonly channels: readonly string[];
  readonly history: readonly ConsentLine[];
  readonly olderHistory: string;
  readonly preferences: TypedPreferences;
  readonly problems: SettingsProblems;
  readonly delegates: readonly DelegateLine[];
  readonly done: SettingsDone | undefined;
}

const DONE_TEXTS = {
  consent: 'doneConsent',
  withdrawn: 'doneWithdrawn',
  still: 'doneStill',
  preferences: 'donePreferences',
  added: 'doneAdded',
  removed: 'doneRemoved',
} as const satisfies Record<SettingsDone, string>;

const LANGUAGE_NAMES = [
  { value: 'nl', text: 'Nederlands' },
  { value: 'fr', text: 'Français' },
  { value: 'de', text: 'Deutsch' },
  { value: 'en', text: 'English' },
] as const;

interface SectionProps {
  readonly language: Language;
  readonly view: MailSettingsView;
}

export const MailSettingsPage = ({ language, view }: SectionProps): VNode => {
  const t = mailSettingsTexts(language);
  const { choice, done, problems } = view;
  const errors = Object.entries(problems).map(([id, problem]) => ({ id, text: t(problem) }));
  return (
    <>
      <BackLink language={language} href={hrefOf(language, '/mail', { ...choice })} text={t('back')} />
      {errors.length > 0 && <ErrorSummary language={language} errors={errors} />}
      {done && <NotificationBanner language={language} success text={t(DONE_TEXTS[done])} />}
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <ConsentSection language={language} view={view} />
      <PreferencesSection language={language} view={view} />
      <DelegatesSection language={language} view={view} />
    </>
  );
};

/** A channel of which nothing is known but its name. */
const channelName = (language: Language, channel: string): string =>
  channel === OWN_CHANNEL ? mailSettingsTexts(language)('ownChannel') : channel;

const ConsentSection = ({ language, view }: SectionProps): VNode => {
  const t = mailSettingsTexts(language);
  const { choice, channels } = view;
  return (
    <section aria-labelledby="consent">
      <h2 class="govuk-heading-l" id="consent">
        {t('consent')}
      </h2>
      <p class="govuk-body">{t(view.consented ? 'consented' : 'notConsented')}</p>
      {channels.length > 0 && (
        <>
          <p class="govuk-body">{t('channels')}</p>
          <ul class="govuk-list govuk-list--bullet">
            {channels.map((channel) => (
              <li key={channel}>
                {channelName(language, channel)}:{' '}
                <Link
                  href={hrefOf(language, '/mail/settings/withdraw', { ...choice, channel })}
                  hidden={`(${channelName(language, channel)})`}
                >
                  {t('withdraw')}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      {!channels.includes(OWN_CHANNEL) && (
        <form method="post" action={hrefOf(language, '/mail/settings')}>
          <FormFields
            csrfToken={view.csrfToken}
            requestId={view.requestIds.consent}
            values={{ ...choice, action: 'give-consent' }}
          />
          <Button text={t('give')} preventDoubleClick />
        </form>
      )}
      <Table
        stacked
        caption={t('history')}
        captionSize="m"
        columns={[{ header: t('when') }, { header: t('what') }, { header: t('channel') }, { header: t('through') }]}
        rows={view.history.map(({ at, given, channel, through }) => [
          at ? formatInstant(language, at) : '',
          t(given ? 'given' : 'taken'),
          channelName(language, channel),
          <bdi>{through}</bdi>,
        ])}
      />
      {view.olderHistory && (
        <p class="govuk-body">
          <Link href={hrefOf(language, '/mail/settings', { ...choice, page: view.olderHistory })}>
            {t('olderHistory')}
          </Link>
        </p>
      )}
    </section>
  );
};

const PreferencesSection = ({ language, view }: SectionProps): VNode => {
  const t = mailSettingsTexts(language);
  const { preferences, problems, choice } = view;
  return (
    <section aria-labelledby="preferences">
      <h2 class="govuk-heading-l" id="preferences">
        {t('preferences')}
      </h2>
      <form method="post" action={hrefOf(language, '/mail/settings')} noValidate>
        <FormFields
          csrfToken={view.csrfToken}
          requestId={view.requestIds.preferences}
          values={{ ...choice, action: 'preferences' }}
        />
        <Radios
          language={language}
          name="language"
          legend={t('language')}
          value={preferences.language}
          error={problems.language && t(problems.language)}
          choices={LANGUAGE_NAMES}
        />
        <Checkboxes
          language={language}
          name="exclusively"
          legend={t('exclusivelyLegend')}
          values={preferences.exclusively ? ['yes'] : []}
          choices={[{ value: 'yes', text: t('exclusively') }]}
        />
        <Input
          language={language}
          name="address"
          type="email"
          autocomplete="email"
          spellcheck={false}
          label={t('address')}
          hint={t('addressHint')}
          value={preferences.address}
          error={problems.address && t(problems.address)}
        />
        <Button text={t('save')} preventDoubleClick />
      </form>
    </section>
  );
};

const DelegatesSection = ({ language, view }: SectionProps): VNode => {
  const t = mailSettingsTexts(language);
  const { choice, delegates } = view;
  return (
    <section aria-labelledby="delegates">
      <h2 class="govuk-heading-l" id="delegates">
        {t('delegates')}
      </h2>
      <p class="govuk-body">{t('delegatesText')}</p>
      {delegates.length === 0 ? (
        <p class="govuk-body">{t('nobody')}</p>
      ) : (
        <Table
          stacked
          columns={[{ header: t('name') }, { header: t('period') }, { header: t('state') }, { header: t('remove') }]}
          rows={delegates.map(({ delegationId, label, from, to, state }) => [
            <bdi>{label}</bdi>,
            formatPeriod(language, { from, to }) || t('noEnd'),
            t(state),
            (state === 'inForce' || state === 'later') && (
              <Link
                href={hrefOf(language, `/mail/settings/delegates/${delegationId}/remove`, { ...choice })}
                hidden={label}
              >
                {t('remove')}
              </Link>
            ),
          ])}
        />
      )}
      <ButtonLink href={hrefOf(language, '/mail/settings/delegates', { ...choice })} text={t('add')} kind="secondary" />
    </section>
  );
};
