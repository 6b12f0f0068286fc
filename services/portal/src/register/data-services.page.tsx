import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { Input } from '../component/input.js';
import { Link } from '../component/link.js';
import { Notice } from '../component/notice.js';
import { SummaryList } from '../component/summary-list.js';
import { hrefOf } from '../page/href.js';
import type { Language } from '../text/language.js';
import type { DataServiceView } from './data-service.rules.js';
import { WordList } from './deliberation.page.js';
import { registerTexts } from './register.texts.js';

export interface DataServicesView {
  readonly words: string;
  readonly dataServices: readonly DataServiceView[];
}

export const DataServicesPage = ({
  language,
  view: { words, dataServices },
}: {
  readonly language: Language;
  readonly view: DataServicesView;
}): VNode => {
  const t = registerTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('dataTitle')}</h1>
      <p class="govuk-body-l">{t('dataIntro')}</p>
      <search aria-label={t('search')}>
        <form method="get" action={hrefOf(language, '/data-services')}>
          <Input
            language={language}
            name="words"
            type="search"
            label={t('words')}
            hint={t('dataWordsHint')}
            value={words}
          />
          <Button text={t('find')} />
          {words && (
            <p class="govuk-body">
              <Link href={hrefOf(language, '/data-services')}>{t('allData')}</Link>
            </p>
          )}
        </form>
      </search>
      {dataServices.length === 0 && <Notice text={t(words ? 'noData' : 'noDataYet')} />}
      {dataServices.map(({ dataService, words: { name, description }, source, groups }) => (
        <section key={dataService} aria-labelledby={dataService}>
          <h2 class="govuk-heading-l" id={dataService}>
            <bdi>{name}</bdi>
          </h2>
          {description && <p class="govuk-body">{description}</p>}
          <SummaryList
            rows={[
              { key: t('source'), value: <bdi>{source || t('ownSource')}</bdi> },
              { key: t('parts'), value: <WordList words={groups} /> },
              {
                key: t('deliberations'),
                value: (
                  <Link href={hrefOf(language, '/register', { data: dataService })}>
                    {t('deliberationsOf', { name })}
                  </Link>
                ),
              },
            ]}
          />
        </section>
      ))}
    </>
  );
};
