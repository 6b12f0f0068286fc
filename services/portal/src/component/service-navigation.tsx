import type { VNode } from 'preact';
import type { Language } from '../text/language.js';
import { classNames } from './class-names.js';
import { componentTexts } from './component.texts.js';
import { linkTo } from './href.js';

interface ServiceNavigationItem {
  readonly text: string;
  readonly href: string;
  /** `page`: the reader is there; `section`: somewhere below it. */
  readonly current?: 'page' | 'section' | undefined;
}

export interface ServiceNavigationProps {
  readonly language: Language;
  readonly items: readonly ServiceNavigationItem[];
}

/** The parts of the service, in a menu that folds where the window is narrow and there is JavaScript. */
export const ServiceNavigation = ({ language, items }: ServiceNavigationProps): VNode => {
  const menu = componentTexts(language)('menu');
  return (
    <div class="govuk-service-navigation" data-module="govuk-service-navigation">
      <div class="govuk-width-container">
        <div class="govuk-service-navigation__container">
          <nav aria-label={menu} class="govuk-service-navigation__wrapper">
            {items.length > 1 && (
              // biome-ignore lint/a11y/noAriaHiddenOnFocusable: hidden from everybody until the script shows it
              <button
                type="button"
                class="govuk-service-navigation__toggle govuk-js-service-navigation-toggle"
                aria-controls="navigation"
                hidden
                aria-hidden="true"
              >
                {menu}
              </button>
            )}
            <ul class="govuk-service-navigation__list" id="navigation">
              {items.map(({ text, href, current }) => (
                <li
                  class={classNames(
                    'govuk-service-navigation__item',
                    current && 'govuk-service-navigation__item--active',
                  )}
                  key={href}
                >
                  <a
                    class="govuk-service-navigation__link"
                    {...linkTo(href)}
                    aria-current={current && (current === 'page' ? 'page' : 'true')}
                  >
                    {current ? <strong class="govuk-service-navigation__active-fallback">{text}</strong> : text}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </div>
    </div>
  );
};
