import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

export interface ErrorSummaryProps {
  readonly language: Language;
  readonly description?: string;
  /** With the id of the control, where there is one. */
  readonly errors: readonly { readonly text: string; readonly id?: string }[];
}

/** Everything that is wrong with a form, above the page's title. */
export const ErrorSummary = ({ language, description, errors }: ErrorSummaryProps): VNode => (
  <div class="govuk-error-summary" data-module="govuk-error-summary">
    <div role="alert">
      <h2 class="govuk-error-summary__title">{componentTexts(language)('errors')}</h2>
      <div class="govuk-error-summary__body">
        {description && <p>{description}</p>}
        {errors.length > 0 && (
          <ul class="govuk-list govuk-error-summary__list">
            {errors.map(({ text, id }) => (
              <li key={text}>{id ? <a {...linkTo(`#${id}`)}>{text}</a> : text}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  </div>
);
