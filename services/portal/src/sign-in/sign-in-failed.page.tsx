import type { SignInFault } from '@crossroads/openid';
import { Link } from '../component/link.js';
import { PageAnswer } from '../page/page-answer.js';
import type { Language } from '../text/language.js';
import { signInTexts } from './sign-in.texts.js';

const TEXT_OF = {
  PROVIDER_AWAY: 'refused',
  FRONT_END_REFUSED: 'refused',
  REFUSED: 'refused',
  NOT_OURS: 'notOurs',
  ENDED: 'notOurs',
  TOO_WEAK: 'tooWeak',
} as const;

/** Why nobody is signed in, and the way to try again. */
export const signInFailedPage = (language: Language, fault: SignInFault): PageAnswer => {
  const t = signInTexts(language);
  return new PageAnswer(
    t('failed'),
    <>
      <h1 class="govuk-heading-l">{t('failed')}</h1>
      <p class="govuk-body">{t(TEXT_OF[fault])}</p>
      <p class="govuk-body">
        <Link href={`/${language}/sign-in`}>{t('again')}</Link>
      </p>
    </>,
    400,
  );
};
