import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface PaginationProps {
  readonly language: Language;
  readonly previous?: PaginationLink | undefined;
  readonly next?: PaginationLink | undefined;
}

export interface PaginationLink {
  readonly href: string;
  /** What is to be found there. */
  readonly label?: string;
}

/** Links to the pages before and after: lists of the mesh are read by cursor, which knows no page numbers. */
export const Pagination = ({ language, previous, next }: PaginationProps): VNode => (
  <nav class="govuk-pagination govuk-pagination--block" aria-label={componentTexts(language)('pages')}>
    {previous && <Arrow language={language} link={previous} rel="prev" />}
    {next && <Arrow language={language} link={next} rel="next" />}
  </nav>
);

const PATHS = {
  prev: 'm6.5938-0.0078125-6.7266 6.7266 6.7441 6.4062 1.377-1.449-4.1856-3.9768h12.896v-2h-12.984l4.2931-4.293-1.414-1.414z',
  next: 'm8.107-0.0078125-1.4136 1.414 4.2926 4.293h-12.986v2h12.896l-4.1855 3.9766 1.377 1.4492 6.7441-6.4062-6.7246-6.7266z',
};

interface ArrowProps {
  readonly language: Language;
  readonly link: PaginationLink;
  readonly rel: 'prev' | 'next';
}

const Arrow = ({ language, link: { href, label }, rel }: ArrowProps): VNode => {
  const t = componentTexts(language);
  return (
    <div class={`govuk-pagination__${rel}`}>
      <a class="govuk-link govuk-pagination__link" {...linkTo(href)} rel={rel}>
        <svg
          class={`govuk-pagination__icon govuk-pagination__icon--${rel}`}
          xmlns="http://www.w3.org/2000/svg"
          height="13"
          width="15"
          aria-hidden="true"
          focusable="false"
          viewBox="0 0 15 13"
        >
          <path d={PATHS[rel]} />
        </svg>
        <span class={`govuk-pagination__link-title${label ? '' : ' govuk-pagination__link-title--decorated'}`}>
          {t(rel === 'prev' ? 'previous' : 'next')}
          <span class="govuk-visually-hidden"> {t(rel === 'prev' ? 'previousPage' : 'nextPage')}</span>
        </span>
        {label && (
          <>
            <span class="govuk-visually-hidden">:</span>
            <span class="govuk-pagination__link-label">{label}</span>
          </>
        )}
      </a>
    </div>
  );
};
