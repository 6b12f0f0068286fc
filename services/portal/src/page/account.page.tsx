import type { VNode } from 'preact';
import { Link } from '../component/link.js';
import { formatTime } from '../text/format.js';
import type { Language } from '../text/language.js';
import { layoutTexts } from './layout.texts.js';

export interface AccountSession {
  readonly name: string;
  readonly csrfToken: string;
  /** When the person has to sign in again. */
  readonly endsAt: Date;
}

interface AccountProps {
  readonly language: Language;
  /** Where the person is, with its query, to come back to. */
  readonly path: string;
  readonly session: AccountSession | undefined;
}

/** Who is signed in and until when, with the way out, or the way in. */
export const Account = ({ language, path, session }: AccountProps): VNode => {
  const t = layoutTexts(language);
  if (!session) {
    const back = path && !path.startsWith('/signed-out') ? `?back=${encodeURIComponent(path)}` : '';
    return (
      <div class="portal-account">
        <Link href={`/${language}/sign-in${back}`}>{t('signIn')}</Link>
      </div>
    );
  }
  return (
    <form class="portal-account" method="post" action={`/${language}/sign-out`} aria-label={t('account')}>
      <span>{session.name ? t('signedInAs', { name: session.name }) : t('signedIn')}</span>
      <span>
        <time dateTime={session.endsAt.toISOString()}>
          {t('endsAt', { time: formatTime(language, session.endsAt) })}
        </time>
      </span>
      <input type="hidden" name="csrf" value={session.csrfToken} />
      <button type="submit" class="portal-account__button">
        {t('signOut')}
      </button>
    </form>
  );
};
