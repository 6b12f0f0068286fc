import type { VNode } from 'preact';
import { BackLink } from '../component/back-link.js';
import { Link } from '../component/link.js';
import { SummaryList } from '../component/summary-list.js';
import { hrefOf } from '../page/href.js';
import { formatDayOf } from '../text/format.js';
import type { Language } from '../text/language.js';
import type { Words } from '../vocabulary/vocabulary.js';
import type { DeliberationView, GrantView } from './deliberation.rules.js';
import { registerTexts } from './register.texts.js';

export const DeliberationPage = ({
  language,
  deliberation,
}: {
  readonly language: Language;
  readonly deliberation: DeliberationView;
}): VNode => {
  const t = registerTexts(language);
  const { reference, title, recipient, state, decidedAt, revokedAt, grants, textUrl } = deliberation;
  return (
    <>
      <BackLink language={language} href={hrefOf(language, '/register')} text={t('back')} />
      <h1 class="govuk-heading-xl">
        <span class="govuk-caption-xl">
          <bdi>{t('deliberation', { reference })}</bdi>
        </span>
        <bdi>{title}</bdi>
      </h1>
      <SummaryList
        rows={[
          { key: t('recipient'), value: <bdi>{recipient}</bdi> },
          { key: t('state'), value: t(state) },
          ...(decidedAt ? [{ key: t('decided'), value: formatDayOf(language, decidedAt) }] : []),
          ...(revokedAt ? [{ key: t('revokedOn'), value: formatDayOf(language, revokedAt) }] : []),
          ...(textUrl ? [{ key: t('publicText'), value: <Link href={textUrl}>{t('publicTextOf')}</Link> }] : []),
        ]}
      />
      <h2 class="govuk-heading-l">{t('grants')}</h2>
      {grants.map((grant, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- rendered once
        <Grant language={language} grant={grant} key={index} />
      ))}
    </>
  );
};

const Grant = ({ language, grant }: { readonly language: Language; readonly grant: GrantView }): VNode => {
  const t = registerTexts(language);
  const { data, groups, purposes, contexts, period, online, subscription, withoutOfficial } = grant;
  return (
    <>
      <h3 class="govuk-heading-m">
        <bdi>{data.name}</bdi>
      </h3>
      {data.description && <p class="govuk-body">{data.description}</p>}
      <SummaryList
        rows={[
          { key: t('groups'), value: <WordList words={groups} /> },
          { key: t('purposes'), value: <WordList words={purposes} /> },
          {
            key: t('contexts'),
            value: (
              <>
                <p class="govuk-body">{t('contextsText')}</p>
                <WordList words={contexts} />
              </>
            ),
          },
          { key: t('period'), value: period || t('noEnd') },
          {
            key: t('how'),
            value: (
              <>
                {online && <p class="govuk-body">{t('online')}</p>}
                {subscription && <p class="govuk-body">{t('subscription')}</p>}
                {online && <p class="govuk-body">{t(withoutOfficial ? 'withoutOfficial' : 'official')}</p>}
              </>
            ),
          },
        ]}
      />
    </>
  );
};

/** Names with what they are. */
export const WordList = ({ words }: { readonly words: readonly Words[] }): VNode => (
  <ul class="govuk-list govuk-list--bullet">
    {words.map(({ name, description }) => (
      <li key={name}>
        <bdi>{name}</bdi>
        {description && `: ${description}`}
      </li>
    ))}
  </ul>
);
