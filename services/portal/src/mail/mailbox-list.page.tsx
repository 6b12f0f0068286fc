import type { VNode } from 'preact';
import { hrefOf } from '../page/href.js';
import type { Language } from '../text/language.js';
import type { MailboxLine } from './mail-list.rules.js';
import { mailTexts } from './mail.texts.js';

/** The mailboxes among which somebody chooses. */
export const MailboxList = ({
  language,
  mailboxes,
}: {
  readonly language: Language;
  readonly mailboxes: readonly MailboxLine[];
}): VNode => {
  const t = mailTexts(language);
  return (
    <nav aria-labelledby="mailboxes">
      <h2 class="govuk-heading-m" id="mailboxes">
        {t('mailboxes')}
      </h2>
      <ul class="govuk-list govuk-list--bullet">
        {mailboxes.map(({ choice, kind, label, unread, isShown }) => {
          const name = t(kind, kind === 'own' ? {} : { label, number: label });
          return (
            <li key={`${choice.mailbox}${choice.enterprise}`}>
              <a
                class="govuk-link"
                href={hrefOf(language, '/mail', { ...choice })}
                aria-current={isShown ? 'page' : undefined}
              >
                <bdi>{name}</bdi>
              </a>
              : {unread >= 100 ? t('manyUnread') : t('unreadCount', { count: unread })}
              {isShown && ` (${t('shown')})`}
            </li>
          );
        })}
      </ul>
    </nav>
  );
};
