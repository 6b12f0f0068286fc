import type { VNode } from 'preact';
import { BackLink } from '../../component/back-link.js';
import { Button } from '../../component/button.js';
import { Link } from '../../component/link.js';
import { FormFields } from '../../page/form-fields.js';
import { hrefOf } from '../../page/href.js';
import type { Language } from '../../text/language.js';
import type { MailboxChoice } from '../mailbox-choice.rules.js';
import { mailSettingsTexts } from './mail-settings.texts.js';

export interface ConfirmationProps {
  readonly language: Language;
  readonly csrfToken: string;
  readonly requestId: string;
  readonly choice: MailboxChoice;
  readonly path: string;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** Asks once more before something ends. */
export const ConfirmationPage = (props: ConfirmationProps): VNode => {
  const { language, choice } = props;
  const t = mailSettingsTexts(language);
  const settings = hrefOf(language, '/mail/settings', { ...choice });
  return (
    <>
      <BackLink language={language} href={settings} text={t('backToSettings')} />
      <h1 class="govuk-heading-xl">{props.title}</h1>
      <p class="govuk-body">
        <bdi>{props.text}</bdi>
      </p>
      <form method="post" action={hrefOf(language, props.path)}>
        <FormFields csrfToken={props.csrfToken} requestId={props.requestId} values={{ ...choice, ...props.values }} />
        <Button text={props.button} kind="warning" preventDoubleClick />
      </form>
      <p class="govuk-body">
        <Link href={settings}>{t('cancel')}</Link>
      </p>
    </>
  );
};
