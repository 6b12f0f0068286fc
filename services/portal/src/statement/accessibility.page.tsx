import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { accessibilityTexts } from './accessibility.texts.js';

export const AccessibilityPage = ({ language }: { readonly language: Language }): VNode => {
  const t = accessibilityTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('scope')}</p>
      <h2 class="govuk-heading-m">{t('status')}</h2>
      <p class="govuk-body">{t('statusText')}</p>
      <h2 class="govuk-heading-m">{t('missing')}</h2>
      <ul class="govuk-list govuk-list--bullet">
        <li>{t('missingDocuments')}</li>
        <li>{t('missingLanguages')}</li>
        <li>{t('missingExpert')}</li>
      </ul>
      <h2 class="govuk-heading-m">{t('preparation')}</h2>
      <p class="govuk-body">{t('preparationText')}</p>
      <h2 class="govuk-heading-m">{t('feedback')}</h2>
      <p class="govuk-body">{t('feedbackText')}</p>
      <h2 class="govuk-heading-m">{t('enforcement')}</h2>
      <p class="govuk-body">{t('enforcementText')}</p>
    </>
  );
};
