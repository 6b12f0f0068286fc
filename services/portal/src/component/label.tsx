import type { VNode } from 'preact';
import { classNames } from './class-names.js';

export type LabelSize = 's' | 'm' | 'l' | 'xl';

export interface LabelProps {
  readonly text: string;
  readonly for?: string;
  readonly size?: LabelSize | undefined;
  /** The question is the page's only one, and its title. */
  readonly isPageHeading?: boolean | undefined;
  readonly class?: string;
}

export const Label = ({ text, for: control, size, isPageHeading, class: own }: LabelProps): VNode => {
  const label = (
    <label class={classNames('govuk-label', size && `govuk-label--${size}`, own)} for={control}>
      {text}
    </label>
  );
  return isPageHeading ? <h1 class="govuk-label-wrapper">{label}</h1> : label;
};
