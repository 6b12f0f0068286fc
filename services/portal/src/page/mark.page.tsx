import type { VNode } from 'preact';

/** The service's mark, two roads that cross; `asset/mark.svg` is the same as a file. */
export const Mark = (): VNode => (
  <svg class="portal-header__mark" width="36" height="36" viewBox="0 0 36 36" aria-hidden="true" focusable="false">
    <path fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" d="M7 7l22 22M29 7L7 29" />
    <circle cx="18" cy="18" r="4.5" fill="#ffcf33" />
  </svg>
);
