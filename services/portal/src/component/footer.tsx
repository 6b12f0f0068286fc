import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface FooterProps {
  readonly language: Language;
  readonly links: readonly { readonly text: string; readonly href: string }[];
}

/** Without the crown, licence and copyright of the Crown that govuk-frontend's template always has. */
export const Footer = ({ language, links }: FooterProps): VNode => (
  <div class="govuk-footer">
    <div class="govuk-width-container">
      <div class="govuk-footer__meta">
        <div class="govuk-footer__meta-item govuk-footer__meta-item--grow">
          <h2 class="govuk-visually-hidden">{componentTexts(language)('support')}</h2>
          <ul class="govuk-footer__inline-list">
            {links.map(({ text, href }) => (
              <li class="govuk-footer__inline-list-item" key={href}>
                <a class="govuk-footer__link" {...linkTo(href)}>
                  {text}
                </a>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </div>
  </div>
);
