import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { assetUrl } from '../asset/assets.js';
import { Footer } from '../component/footer.js';
import { Header } from '../component/header.js';
import { LanguageNavigation } from '../component/language-navigation.js';
import { ServiceNavigation } from '../component/service-navigation.js';
import { SkipLink } from '../component/skip-link.js';
import type { Language } from '../text/language.js';
import { Account, type AccountSession } from './account.page.js';
import { layoutTexts } from './layout.texts.js';
import { Mark } from './mark.page.js';

export interface PageProps {
  readonly language: Language;
  /** Says nothing about anybody: it stands in the browser's history. */
  readonly title: string;
  /** Without the language, for the links to the other languages and the navigation. */
  readonly path: string;
  readonly search: string;
  /** Absent: nobody is signed in. */
  readonly session?: AccountSession;
  readonly children: ComponentChildren;
}

const NAVIGATION = [
  ['accesses', '/accesses'],
  ['ownData', '/own-data'],
  ['permissions', '/permissions'],
  ['mail', '/mail'],
  ['register', '/register'],
  ['figures', '/figures'],
] as const;

const FOOTER = [
  ['registerOfDeliberations', '/register'],
  ['dataServices', '/data-services'],
  ['state', '/state'],
  ['accessibility', '/accessibility'],
  ['privacy', '/privacy'],
] as const;

/** A whole document. */
export const Page = ({ language, title, path, search, session, children }: PageProps): VNode => {
  const t = layoutTexts(language);
  const service = t('service');
  const start = `/${language}`;
  return (
    <html lang={language} class="govuk-template">
      <head>
        <meta charset="utf-8" />
        <title>{title === service ? service : `${title} – ${service}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="theme-color" content="#17496b" />
        <link rel="icon" sizes="any" href={assetUrl('mark.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={assetUrl('portal.css')} />
        <script type="module" src={assetUrl('portal.js')} />
      </head>
      <body class="govuk-template__body">
        <SkipLink href="#main-content" text={t('skip')} />
        <header class="govuk-template__header">
          <Header href={start}>
            <Mark />
            <span class="portal-header__name">{service}</span>
          </Header>
          <div class="portal-bar">
            <div class="govuk-width-container portal-bar__container">
              <LanguageNavigation language={language} hrefIn={(one) => `/${one}${path}${search}`} />
              <Account language={language} path={`${path}${search}`} session={session} />
            </div>
          </div>
          <ServiceNavigation
            language={language}
            items={NAVIGATION.map(([key, to]) => ({
              text: t(key),
              href: `${start}${to}`,
              current: path === to ? 'page' : path.startsWith(`${to}/`) ? 'section' : undefined,
            }))}
          />
        </header>
        <div class="govuk-width-container">
          <main class="govuk-main-wrapper" id="main-content">
            {children}
          </main>
        </div>
        <footer class="govuk-template__footer">
          <Footer language={language} links={FOOTER.map(([key, to]) => ({ text: t(key), href: `${start}${to}` }))} />
        </footer>
      </body>
    </html>
  );
};

export const renderPage = (page: VNode): string => `<!DOCTYPE html>${renderToString(page)}`;
