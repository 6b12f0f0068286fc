import type { ComponentChildren, VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';

export interface WarningTextProps {
  readonly language: Language;
  readonly children: ComponentChildren;
}

export const WarningText = ({ language, children }: WarningTextProps): VNode => (
  <div class="govuk-warning-text">
    <span class="govuk-warning-text__icon" aria-hidden="true">
      !
    </span>
    <strong class="govuk-warning-text__text">
      <span class="govuk-visually-hidden">{componentTexts(language)('warning')}</span> {children}
    </strong>
  </div>
);
