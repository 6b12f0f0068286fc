import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface BreadcrumbsProps {
  readonly language: Language;
  /** From the start; the last one without `href` is this page. */
  readonly items: readonly { readonly text: string; readonly href?: string }[];
}

export const Breadcrumbs = ({ language, items }: BreadcrumbsProps): VNode => (
  <nav class="govuk-breadcrumbs" aria-label={componentTexts(language)('breadcrumb')}>
    <ol class="govuk-breadcrumbs__list">
      {items.map(({ text, href }) =>
        href ? (
          <li class="govuk-breadcrumbs__list-item" key={text}>
            <a class="govuk-breadcrumbs__link" {...linkTo(href)}>
              {text}
            </a>
          </li>
        ) : (
          <li class="govuk-breadcrumbs__list-item" aria-current="page" key={text}>
            {text}
          </li>
        ),
      )}
    </ol>
  </nav>
);
