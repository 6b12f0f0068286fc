import type { VNode } from 'preact';
import { Table } from '../component/table.js';
import type { Language } from '../text/language.js';
import { privacyTexts } from './privacy.texts.js';

export const PrivacyPage = ({ language }: { readonly language: Language }): VNode => {
  const t = privacyTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('intro')}</p>
      <h2 class="govuk-heading-m">{t('kept')}</h2>
      <p class="govuk-body">{t('keptText')}</p>
      <h2 class="govuk-heading-m">{t('recorded')}</h2>
      <p class="govuk-body">{t('recordedText')}</p>
      <h2 class="govuk-heading-m">{t('cookies')}</h2>
      <p class="govuk-body">{t('cookiesText')}</p>
      <Table
        stacked
        columns={[{ header: t('name') }, { header: t('cookie') }, { header: t('howLong') }]}
        rows={[
          ['__Host-session', t('session'), t('sessionHowLong')],
          ['__Host-sign-in-…', t('signIn'), t('signInHowLong')],
          ['__Host-search', t('search'), t('searchHowLong')],
        ]}
      />
      <p class="govuk-body">{t('none')}</p>
      <h2 class="govuk-heading-m">{t('rights')}</h2>
      <p class="govuk-body">{t('rightsText')}</p>
    </>
  );
};
