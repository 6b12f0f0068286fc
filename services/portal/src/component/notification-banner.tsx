import type { ComponentChildren, VNode } from 'preact';
import type { Language } from '../text/language.js';
import { classNames } from './class-names.js';
import { componentTexts } from './component.texts.js';

export interface NotificationBannerProps {
  readonly language: Language;
  /** Something that the reader did has been done: it is read aloud at once. */
  readonly success?: boolean;
  /** One sentence. */
  readonly text?: string;
  /** In place of `text`, when it is more than a sentence. */
  readonly children?: ComponentChildren;
}

/** One for a page. */
export const NotificationBanner = ({ language, success, text, children }: NotificationBannerProps): VNode => (
  // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a name
  <div
    class={classNames('govuk-notification-banner', success && 'govuk-notification-banner--success')}
    role={success ? 'alert' : 'region'}
    aria-labelledby="govuk-notification-banner-title"
    data-module="govuk-notification-banner"
  >
    <div class="govuk-notification-banner__header">
      <h2 class="govuk-notification-banner__title" id="govuk-notification-banner-title">
        {componentTexts(language)(success ? 'success' : 'important')}
      </h2>
    </div>
    <div class="govuk-notification-banner__content">
      {text ? <p class="govuk-notification-banner__heading">{text}</p> : children}
    </div>
  </div>
);
