import type { VNode } from 'preact';
import { classNames } from './class-names.js';
import { linkTo } from './href.js';

export interface ButtonProps {
  readonly text: string;
  readonly kind?: 'secondary' | 'warning';
  readonly name?: string;
  readonly value?: string;
  readonly disabled?: boolean;
  /** A second click within a second sends no second form, where there is JavaScript. */
  readonly preventDoubleClick?: boolean;
}

/** Sends the form that it is in. */
export const Button = ({ text, kind, name, value, disabled, preventDoubleClick }: ButtonProps): VNode => (
  <button
    type="submit"
    value={value}
    name={name}
    disabled={disabled}
    aria-disabled={disabled ? 'true' : undefined}
    data-prevent-double-click={preventDoubleClick ? 'true' : undefined}
    class={classOf(kind)}
    data-module="govuk-button"
  >
    {text}
  </button>
);

export interface ButtonLinkProps {
  readonly text: string;
  readonly href: string;
  readonly kind?: 'secondary' | 'warning';
  /** With an arrow: the way into a service. */
  readonly start?: boolean;
}

/** A link that looks like a button. */
export const ButtonLink = ({ text, href, kind, start }: ButtonLinkProps): VNode => (
  // biome-ignore lint/a11y/useSemanticElements: it goes somewhere, and looks like a button
  <a
    {...linkTo(href)}
    role="button"
    draggable={false}
    class={classNames(classOf(kind), start && 'govuk-button--start')}
    data-module="govuk-button"
  >
    {text}
    {start && (
      <svg
        class="govuk-button__start-icon"
        xmlns="http://www.w3.org/2000/svg"
        width="17.5"
        height="19"
        viewBox="0 0 33 40"
        aria-hidden="true"
        focusable="false"
      >
        <path fill="currentColor" d="M0 0h13l20 20-20 20H0l20-20z" />
      </svg>
    )}
  </a>
);

const classOf = (kind: ButtonProps['kind']): string => classNames('govuk-button', kind && `govuk-button--${kind}`);
