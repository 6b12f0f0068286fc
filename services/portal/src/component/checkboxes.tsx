import type { VNode } from 'preact';
import { Choices, type ChoicesProps } from './choices.js';

export interface CheckboxesProps extends ChoicesProps {
  readonly values?: readonly string[];
}

/** Any of a few. */
export const Checkboxes = ({ values = [], ...props }: CheckboxesProps): VNode => (
  <Choices {...props} kind="checkboxes" isChecked={(value) => values.includes(value)} />
);
