import type { VNode } from 'preact';
import { BackLink } from '../component/back-link.js';
import { Button } from '../component/button.js';
import { InsetText } from '../component/inset-text.js';
import { Link } from '../component/link.js';
import { SummaryList } from '../component/summary-list.js';
import { Tag } from '../component/tag.js';
import { FormFields } from '../page/form-fields.js';
import { hrefOf } from '../page/href.js';
import { formatInstant } from '../text/format.js';
import type { Language } from '../text/language.js';
import { Foreign } from './foreign.page.js';
import { mailTexts } from './mail.texts.js';
import type { MailboxChoice } from './mailbox-choice.rules.js';
import type { DocumentLine, MessageView } from './message.rules.js';
import { messageTexts } from './message.texts.js';

export interface MessagePageProps {
  readonly language: Language;
  readonly csrfToken: string;
  /** One for each of its forms. */
  readonly requestIds: { readonly mark: string; readonly hide: string };
  readonly choice: MailboxChoice;
  readonly message: MessageView;
}

export const MessagePage = ({ language, csrfToken, requestIds, choice, message }: MessagePageProps): VNode => {
  const t = messageTexts(language);
  const path = `/mail/${message.messageId}`;
  return (
    <>
      <BackLink language={language} href={hrefOf(language, '/mail', { ...choice })} text={t('back')} />
      <h1 class="govuk-heading-xl">
        {message.subject ? <Foreign text={message.subject} /> : mailTexts(language)('noSubject')}
      </h1>
      <p class="govuk-body">{t('countsAsRead')}</p>
      {message.hidden && <InsetText>{t('isHidden')}</InsetText>}
      <SummaryList rows={factsOf(language, message)} />
      <Payment language={language} message={message} />
      <h2 class="govuk-heading-l">{t('documents')}</h2>
      {message.documents.length === 0 ? (
        <p class="govuk-body">{t('noDocuments')}</p>
      ) : (
        <>
          <ul class="govuk-list govuk-list--spaced">
            {message.documents.map((document) => (
              <li key={document.documentId}>
                <DocumentItem language={language} path={path} choice={choice} document={document} />
              </li>
            ))}
          </ul>
          <p class="govuk-body">{t('downloadHint')}</p>
        </>
      )}
      <h2 class="govuk-heading-l">{t('actions')}</h2>
      <form method="post" action={hrefOf(language, path)}>
        <FormFields csrfToken={csrfToken} requestId={requestIds.mark} values={{ ...choice, action: 'mark-unread' }} />
        <Button text={t('markUnread')} kind="secondary" preventDoubleClick />
      </form>
      <form method="post" action={hrefOf(language, path)}>
        <FormFields
          csrfToken={csrfToken}
          requestId={requestIds.hide}
          values={{ ...choice, action: message.hidden ? 'show' : 'hide' }}
        />
        {!message.hidden && <p class="govuk-body">{t('hideHint')}</p>}
        <Button text={t(message.hidden ? 'show' : 'hide')} kind="secondary" preventDoubleClick />
      </form>
      <p class="govuk-body">
        <Link href={hrefOf(language, '/accesses', { kind: 'mail' })}>{t('who')}</Link>
      </p>
    </>
  );
};

const factsOf = (language: Language, { sender, type, receivedAt, registered, expiresOn }: MessageView) => {
  const t = messageTexts(language);
  return [
    { key: t('sender'), value: <bdi>{sender}</bdi> },
    ...(type ? [{ key: t('type'), value: <Foreign text={type} /> }] : []),
    ...(receivedAt ? [{ key: t('received'), value: formatInstant(language, receivedAt) }] : []),
    ...(registered ? [{ key: t('registered'), value: t('yes') }] : []),
    ...(expiresOn ? [{ key: t('openUntil'), value: expiresOn }] : []),
  ];
};

const Payment = ({
  language,
  message: { payable },
}: {
  readonly language: Language;
  readonly message: MessageView;
}): VNode | null => {
  if (!payable) return null;
  const t = messageTexts(language);
  const { amount, iban, reference, payBy } = payable;
  return (
    <>
      <h2 class="govuk-heading-l">{t('payment')}</h2>
      <SummaryList
        rows={[
          { key: t('amount'), value: amount },
          { key: t('iban'), value: <bdi>{iban}</bdi> },
          ...(reference ? [{ key: t('reference'), value: <bdi>{reference}</bdi> }] : []),
          ...(payBy ? [{ key: t('payBy'), value: payBy }] : []),
        ]}
      />
    </>
  );
};

interface DocumentItemProps {
  readonly language: Language;
  readonly path: string;
  readonly choice: MailboxChoice;
  readonly document: DocumentLine;
}

const DocumentItem = ({ language, path, choice, document }: DocumentItemProps): VNode => {
  const t = messageTexts(language);
  const { documentId, name, kind, size, isAway } = document;
  return (
    <>
      <Link href={hrefOf(language, `${path}/documents/${encodeURIComponent(documentId)}`, { ...choice })}>
        {t('download')} <bdi>{name}</bdi>
      </Link>{' '}
      ({kind}, {size})
      {isAway && (
        <>
          <br />
          <Tag text={t('away')} />
        </>
      )}
    </>
  );
};
