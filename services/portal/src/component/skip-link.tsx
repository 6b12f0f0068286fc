import type { VNode } from 'preact';
import { linkTo } from './href.js';

export interface SkipLinkProps {
  readonly href: string;
  readonly text: string;
}

/** Shown when it has the keyboard's focus. */
export const SkipLink = ({ href, text }: SkipLinkProps): VNode => (
  <a {...linkTo(href)} class="govuk-skip-link" data-module="govuk-skip-link">
    {text}
  </a>
);
