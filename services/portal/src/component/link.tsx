import type { ComponentChildren, VNode } from 'preact';
import type { Language } from '../text/language.js';
import { linkTo } from './href.js';

export interface LinkProps {
  readonly href: string;
  /** Of a page in another language. */
  readonly lang?: Language;
  /** Only for those who hear the page: says what a repeated "Show" shows. */
  readonly hidden?: string;
  readonly children: ComponentChildren;
}

/** A link in running text. */
export const Link = ({ href, lang, hidden, children }: LinkProps): VNode => (
  <a class="govuk-link" {...linkTo(href)} {...(lang ? { lang, hreflang: lang } : {})}>
    {children}
    {hidden && <span class="govuk-visually-hidden"> {hidden}</span>}
  </a>
);
