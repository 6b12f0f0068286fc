import type { ComponentChildren, VNode } from 'preact';
import { classNames } from './class-names.js';

export interface FieldsetProps {
  readonly legend: string;
  readonly legendSize?: 's' | 'm' | 'l' | 'xl' | undefined;
  readonly isPageHeading?: boolean | undefined;
  readonly describedBy?: string | undefined;
  /** Some screen readers say the description of a group of text fields only with `group`. */
  readonly role?: 'group';
  readonly children?: ComponentChildren;
}

/** Controls that answer one question. */
export const Fieldset = ({ legend, legendSize, isPageHeading, describedBy, role, children }: FieldsetProps): VNode => (
  <fieldset class="govuk-fieldset" role={role} aria-describedby={describedBy}>
    <legend class={classNames('govuk-fieldset__legend', legendSize && `govuk-fieldset__legend--${legendSize}`)}>
      {isPageHeading ? <h1 class="govuk-fieldset__heading">{legend}</h1> : legend}
    </legend>
    {children}
  </fieldset>
);
