import type { VNode } from 'preact';
import { LANGUAGES, type Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface LanguageNavigationProps {
  readonly language: Language;
  /** The same page in another language. */
  readonly hrefIn: (language: Language) => string;
}

/** As its speakers write it. */
const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  nl: 'Nederlands',
  fr: 'Français',
  de: 'Deutsch',
  en: 'English',
};

export const LanguageNavigation = ({ language, hrefIn }: LanguageNavigationProps): VNode => (
  <nav class="govuk-language-navigation" aria-label={componentTexts(language)('language')}>
    <ul class="govuk-language-navigation__list">
      {LANGUAGES.map((one) => (
        <li class="govuk-language-navigation__list-item" key={one}>
          {one === language ? (
            <span class="govuk-language-navigation__text" aria-current="true" lang={one}>
              {LANGUAGE_NAMES[one]}
            </span>
          ) : (
            <a
              class="govuk-language-navigation__link"
              {...linkTo(hrefIn(one))}
              rel="alternate"
              lang={one}
              hreflang={one}
            >
              {LANGUAGE_NAMES[one]}
            </a>
          )}
        </li>
      ))}
    </ul>
  </nav>
);
