import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Language } from '../text/language.js';

export interface PageProps {
  readonly language: Language;
  readonly title: string;
  /** Without the language, for the links to the other languages and the navigation. */
  readonly path: string;
  readonly search: string;
  /** Absent: nobody is signed in. */
  readonly session?: { readonly name: string; readonly csrfToken: string; readonly endsAt: Date };
  readonly children: ComponentChildren;
}

export const Page = ({ language, title, children }: PageProps): VNode => (
  <html lang={language}>
    <head>
      <title>{title}</title>
    </head>
    <body>
      <main>{children}</main>
    </body>
  </html>
);

export const renderPage = (page: VNode): string => `<!DOCTYPE html>${renderToString(page)}`;
