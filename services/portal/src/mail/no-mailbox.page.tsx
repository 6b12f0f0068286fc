import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { FormFields } from '../page/form-fields.js';
import { hrefOf } from '../page/href.js';
import type { Language } from '../text/language.js';
import { MailboxList } from './mailbox-list.page.js';
import type { MailboxLine } from './mail-list.rules.js';
import { mailTexts } from './mail.texts.js';
import type { MailboxChoice } from './mailbox-choice.rules.js';

export interface NoMailboxView {
  readonly csrfToken: string;
  readonly requestId: string;
  readonly choice: MailboxChoice;
  readonly mailboxes: readonly MailboxLine[];
}

/** Somebody who has not given consent yet: what it means, and a way to give it. */
export const NoMailboxPage = ({
  language,
  view,
}: {
  readonly language: Language;
  readonly view: NoMailboxView;
}): VNode => {
  const t = mailTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('notOpen')}</h1>
      <p class="govuk-body-l">{t('notOpenText')}</p>
      <h2 class="govuk-heading-m">{t('consentMeans')}</h2>
      <ul class="govuk-list govuk-list--bullet">
        {(['consentMail', 'consentLegal', 'consentBack', 'consentRecord'] as const).map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
      <form method="post" action={hrefOf(language, '/mail/settings')}>
        <FormFields
          csrfToken={view.csrfToken}
          requestId={view.requestId}
          values={{ ...view.choice, action: 'give-consent', from: 'mail' }}
        />
        <Button text={t('giveConsent')} preventDoubleClick />
      </form>
      {view.mailboxes.length > 1 && <MailboxList language={language} mailboxes={view.mailboxes} />}
    </>
  );
};
