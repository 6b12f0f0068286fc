import type { VNode } from 'preact';
import { classNames } from './class-names.js';

export interface TagProps {
  readonly text: string;
  /** Never the only difference between two tags. */
  readonly colour?: 'grey' | 'green' | 'yellow' | 'red';
}

/** A state, in one or two words. */
export const Tag = ({ text, colour }: TagProps): VNode => (
  <strong class={classNames('govuk-tag', colour && `govuk-tag--${colour}`)}>{text}</strong>
);
