import type { VNode } from 'preact';
import { classNames } from './class-names.js';

export interface HintProps {
  readonly text: string;
  readonly id?: string;
  readonly class?: string;
}

export const Hint = ({ text, id, class: own }: HintProps): VNode => (
  <div id={id} class={classNames('govuk-hint', own)}>
    {text}
  </div>
);
