import type { ComponentChildren, VNode } from 'preact';
import type { Language } from '../text/language.js';
import { classNames } from './class-names.js';
import { ErrorMessage } from './error-message.js';
import { Hint } from './hint.js';

/** What each control of a form may say about itself. */
export interface ControlProps {
  readonly language: Language;
  readonly hint?: string | undefined;
  /** What is wrong, and what would be right. */
  readonly error?: string | undefined;
}

/** Ids of hint and error, for `aria-describedby`; undefined without either. */
export const describedBy = (id: string, { hint, error }: Pick<ControlProps, 'hint' | 'error'>): string | undefined =>
  classNames(hint && `${id}-hint`, error && `${id}-error`) || undefined;

export const HintAndError = ({ id, language, hint, error }: ControlProps & { readonly id: string }): VNode => (
  <>
    {hint && <Hint id={`${id}-hint`} text={hint} />}
    {error && <ErrorMessage id={`${id}-error`} language={language} text={error} />}
  </>
);

export const FormGroup = ({
  error,
  children,
}: {
  readonly error: string | undefined;
  readonly children: ComponentChildren;
}): VNode => <div class={classNames('govuk-form-group', error && 'govuk-form-group--error')}>{children}</div>;
