import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';

export interface ErrorMessageProps {
  readonly language: Language;
  readonly text: string;
  readonly id?: string;
}

export const ErrorMessage = ({ language, text, id }: ErrorMessageProps): VNode => (
  <p id={id} class="govuk-error-message">
    <span class="govuk-visually-hidden">{componentTexts(language)('error')}:</span> {text}
  </p>
);
