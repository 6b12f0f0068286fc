import type { ComponentChildren, VNode } from 'preact';

export interface InsetTextProps {
  readonly id?: string;
  readonly children: ComponentChildren;
}

export const InsetText = ({ id, children }: InsetTextProps): VNode => (
  <div id={id} class="govuk-inset-text">
    {children}
  </div>
);
