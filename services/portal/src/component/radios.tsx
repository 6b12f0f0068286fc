import type { VNode } from 'preact';
import { Choices, type ChoicesProps } from './choices.js';

export interface RadiosProps extends ChoicesProps {
  readonly value?: string | undefined;
  /** Beside each other, for two short ones. */
  readonly inline?: boolean;
}

/** One of a few. */
export const Radios = ({ value, ...props }: RadiosProps): VNode => (
  <Choices {...props} kind="radios" isChecked={(one) => one === value} />
);
