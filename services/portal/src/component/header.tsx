import type { ComponentChildren, VNode } from 'preact';
import { linkTo } from './href.js';

export interface HeaderProps {
  readonly href: string;
  /** Mark and name of the service. */
  readonly children: ComponentChildren;
}

/** govuk-frontend's header for services that are not GOV.UK's: without crown. */
export const Header = ({ href, children }: HeaderProps): VNode => (
  <div class="govuk-generic-header">
    <div class="govuk-generic-header__container govuk-width-container">
      <div class="govuk-generic-header__logo">
        <a {...linkTo(href)} class="govuk-generic-header__homepage-link">
          {children}
        </a>
      </div>
    </div>
  </div>
);
