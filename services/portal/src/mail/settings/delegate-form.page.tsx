import type { VNode } from 'preact';
import { BackLink } from '../../component/back-link.js';
import { Button } from '../../component/button.js';
import { DateInput } from '../../component/date-input.js';
import { ErrorSummary } from '../../component/error-summary.js';
import { Input } from '../../component/input.js';
import { FormFields } from '../../page/form-fields.js';
import { dayParts } from '../../page/form-input.rules.js';
import { hrefOf } from '../../page/href.js';
import type { Language } from '../../text/language.js';
import type { MailboxChoice } from '../mailbox-choice.rules.js';
import type { SettingsProblems, TypedDelegate } from './mail-settings.rules.js';
import { mailSettingsTexts } from './mail-settings.texts.js';

export interface DelegateFormView {
  readonly csrfToken: string;
  readonly requestId: string;
  readonly choice: MailboxChoice;
  readonly typed: TypedDelegate;
  readonly problems: SettingsProblems;
  /** Why nobody can be added, whatever is typed. */
  readonly refused: 'tooMany' | 'noMailbox' | undefined;
}

/** Asks whom the owner lets read. The number is in the body of the form, and never in an address. */
export const DelegateFormPage = ({
  language,
  view,
}: {
  readonly language: Language;
  readonly view: DelegateFormView;
}): VNode => {
  const t = mailSettingsTexts(language);
  const { choice, typed, problems, refused } = view;
  const errors = [
    ...(refused ? [{ text: t(refused) }] : []),
    ...Object.entries(problems).map(([field, problem]) => ({
      id: field === 'from' || field === 'to' ? `${field}-day` : field,
      text: t(problem),
    })),
  ];
  return (
    <>
      <BackLink
        language={language}
        href={hrefOf(language, '/mail/settings', { ...choice })}
        text={t('backToSettings')}
      />
      {errors.length > 0 && <ErrorSummary language={language} errors={errors} />}
      <h1 class="govuk-heading-xl">{t('addTitle')}</h1>
      <p class="govuk-body">{t('addText')}</p>
      <form method="post" action={hrefOf(language, '/mail/settings/delegates')} noValidate>
        <FormFields csrfToken={view.csrfToken} requestId={view.requestId} values={{ ...choice }} />
        <Input
          language={language}
          name="number"
          label={t('number')}
          hint={t('numberHint')}
          value={typed.number}
          error={problems.number && t(problems.number)}
          width={20}
          inputMode="numeric"
          autocomplete="off"
          spellcheck={false}
        />
        <Input
          language={language}
          name="label"
          label={t('label')}
          hint={t('labelHint')}
          value={typed.label}
          error={problems.label && t(problems.label)}
          autocomplete="off"
        />
        <DateInput
          language={language}
          name="from"
          legend={t('from')}
          hint={t('dayHint')}
          values={dayParts(typed.from)}
          error={problems.from && t(problems.from)}
        />
        <DateInput
          language={language}
          name="to"
          legend={t('to')}
          hint={t('dayHint')}
          values={dayParts(typed.to)}
          error={problems.to && t(problems.to)}
        />
        <Button text={t('addButton')} preventDoubleClick />
      </form>
    </>
  );
};
