import type { ComponentChildren } from 'preact';
import { ButtonLink } from '../component/button.js';
import { Link } from '../component/link.js';
import type { Language } from '../text/language.js';
import { errorTexts } from './error.texts.js';
import { PageAnswer } from './page-answer.js';

type Trouble = 'badRequest' | 'forbidden' | 'notFound' | 'tooMany' | 'failed' | 'away' | 'ended' | 'signedOut';

const troubleOf = (status: number): Trouble => {
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 405) return 'notFound';
  if (status === 429) return 'tooMany';
  if (status === 503) return 'away';
  return status < 500 ? 'badRequest' : 'failed';
};

/** What went wrong, and what to do. */
export const errorPage = (language: Language, status: number): PageAnswer => {
  const t = errorTexts(language);
  const trouble = troubleOf(status);
  return pageOf(
    language,
    trouble,
    status,
    <>
      <p class="govuk-body">
        <Link href={`/${language}`}>{t('start')}</Link>
      </p>
      {status >= 500 && (
        <p class="govuk-body">
          <Link href={`/${language}/state`}>{t('state')}</Link>
        </p>
      )}
    </>,
  );
};

/** @param back the page to come back to, without its language */
export const sessionEndedPage = (language: Language, back: string): PageAnswer =>
  pageOf(language, 'ended', 401, signIn(language, `?back=${encodeURIComponent(back)}`));

export const signedOutPage = (language: Language): PageAnswer =>
  pageOf(
    language,
    'signedOut',
    200,
    <>
      {signIn(language, '')}
      <p class="govuk-body">
        <Link href={`/${language}`}>{errorTexts(language)('start')}</Link>
      </p>
    </>,
  );

const signIn = (language: Language, query: string): ComponentChildren => (
  <ButtonLink href={`/${language}/sign-in${query}`} text={errorTexts(language)('signIn')} />
);

const pageOf = (language: Language, trouble: Trouble, status: number, links: ComponentChildren): PageAnswer => {
  const t = errorTexts(language);
  const title = t(`${trouble}Title`);
  return new PageAnswer(
    title,
    <>
      <h1 class="govuk-heading-l">{title}</h1>
      <p class="govuk-body">{t(trouble)}</p>
      <p class="govuk-body">{t(`${trouble}Do`)}</p>
      {links}
    </>,
    status,
  );
};
