import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface BackLinkProps {
  readonly language: Language;
  readonly href: string;
  /** @default "Back" */
  readonly text?: string;
}

export const BackLink = ({ language, href, text }: BackLinkProps): VNode => (
  <a {...linkTo(href)} class="govuk-back-link">
    {text ?? componentTexts(language)('back')}
  </a>
);
