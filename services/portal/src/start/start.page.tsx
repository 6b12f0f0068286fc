import type { VNode } from 'preact';
import { ButtonLink } from '../component/button.js';
import { Link } from '../component/link.js';
import { hrefOf } from '../page/href.js';
import type { Language } from '../text/language.js';
import { startTexts } from './start.texts.js';

export interface StartView {
  readonly isSignedIn: boolean;
  /** Absent: nobody is signed in, or the mail does not answer. */
  readonly unread: number | undefined;
}

const TASKS = [
  ['accesses', '/accesses'],
  ['ownData', '/own-data'],
  ['permissions', '/permissions'],
  ['mail', '/mail'],
] as const;

const PUBLIC = [
  ['register', '/register'],
  ['dataServices', '/data-services'],
  ['figures', '/figures'],
  ['state', '/state'],
  ['privacy', '/privacy'],
] as const;

export const StartPage = ({ language, view }: { readonly language: Language; readonly view: StartView }): VNode => {
  const t = startTexts(language);
  const { isSignedIn, unread } = view;
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('intro')}</p>
      {!isSignedIn && (
        <>
          <p class="govuk-body">{t('signInText')}</p>
          <ButtonLink href={hrefOf(language, '/sign-in')} text={t('signIn')} start />
        </>
      )}
      <h2 class="govuk-heading-l">{t(isSignedIn ? 'yours' : 'afterwards')}</h2>
      <ul class="govuk-list govuk-list--spaced">
        {TASKS.map(([task, path]) => (
          <li key={task}>
            {isSignedIn ? <Link href={hrefOf(language, path)}>{t(task)}</Link> : <strong>{t(task)}</strong>}
            <br />
            {t(`${task}Text`)}
            {task === 'mail' && unread !== undefined && unread > 0 && (
              <> {unread >= 100 ? t('manyUnread') : t('unread', { count: unread })}</>
            )}
          </li>
        ))}
      </ul>
      <h2 class="govuk-heading-l">{t('everybody')}</h2>
      <ul class="govuk-list govuk-list--bullet">
        {PUBLIC.map(([key, path]) => (
          <li key={key}>
            <Link href={hrefOf(language, path)}>{t(key)}</Link>
          </li>
        ))}
      </ul>
      <h2 class="govuk-heading-l">{t('how')}</h2>
      <ul class="govuk-list govuk-list--bullet">
        <li>{t('howPurpose')}</li>
        <li>{t('howRecorded')}</li>
        <li>{t('howSource')}</li>
      </ul>
    </>
  );
};
