import type { ComponentChildren, VNode } from 'preact';

export interface DetailsProps {
  readonly summary: string;
  readonly id?: string;
  readonly open?: boolean;
  readonly children: ComponentChildren;
}

/** More about something, for who wants to know. */
export const Details = ({ summary, id, open, children }: DetailsProps): VNode => (
  <details id={id} class="govuk-details" open={open}>
    <summary class="govuk-details__summary">
      <span class="govuk-details__summary-text">{summary}</span>
    </summary>
    <div class="govuk-details__text">{children}</div>
  </details>
);
