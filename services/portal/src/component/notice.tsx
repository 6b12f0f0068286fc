import type { VNode } from 'preact';
import { InsetText } from './inset-text.js';

export interface NoticeProps {
  readonly text: string;
}

/** Says which part of the page is missing at the moment, in the place where it would be. */
export const Notice = ({ text }: NoticeProps): VNode => (
  <InsetText>
    <p class="govuk-body">{text}</p>
  </InsetText>
);
