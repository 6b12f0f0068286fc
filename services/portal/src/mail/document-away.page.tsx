import type { VNode } from 'preact';
import { BackLink } from '../component/back-link.js';
import { hrefOf } from '../page/href.js';
import { formatInstant } from '../text/format.js';
import type { Language } from '../text/language.js';
import type { DocumentFailure } from './document-failure.js';
import type { MailboxChoice } from './mailbox-choice.rules.js';
import { messageTexts } from './message.texts.js';

export interface DocumentAwayProps {
  readonly language: Language;
  readonly messageId: string;
  readonly choice: MailboxChoice;
  readonly failure: DocumentFailure;
}

/** Why a document cannot be had, and what to do. */
export const DocumentAwayPage = ({ language, messageId, choice, failure }: DocumentAwayProps): VNode => {
  const t = messageTexts(language);
  const { kind } = failure;
  return (
    <>
      <BackLink
        language={language}
        href={hrefOf(language, `/mail/${messageId}`, { ...choice })}
        text={t('backToMessage')}
      />
      <h1 class="govuk-heading-xl">{t(kind)}</h1>
      <p class="govuk-body">{t(`${kind}Text`)}</p>
      {kind === 'notNow' && (
        <p class="govuk-body">
          {failure.tryAt ? t('tryAt', { time: formatInstant(language, failure.tryAt) }) : t('tryLater')}
        </p>
      )}
    </>
  );
};
