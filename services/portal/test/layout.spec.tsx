import { describe, expect, it } from '@jest/globals';
import { assetFile, assetUrl } from '../src/asset/assets.js';
import { errorPage, sessionEndedPage, signedOutPage } from '../src/page/error.page.js';
import { Page, renderPage } from '../src/page/layout.page.js';
import { htmlOf } from '../src/page/page-html.js';
import { LANGUAGES, type Language } from '../src/text/language.js';

const NAMES: Readonly<Record<Language, string>> = {
  nl: 'Mijn gegevens in de sociale zekerheid',
  fr: 'Mes données dans la sécurité sociale',
  de: 'Meine Daten in der sozialen Sicherheit',
  en: 'My data in social security',
};

const page = (language: Language, signedIn = false): string =>
  renderPage(
    <Page
      language={language}
      title="Title"
      path="/mail/1"
      search="?after=2"
      {...(signedIn ? { session: { name: 'Ann', csrfToken: 'token', endsAt: new Date('2026-11-28T13:05:00Z') } } : {})}
    >
      <h1>Title</h1>
    </Page>,
  );

describe.each(LANGUAGES)('a page in %s', (language) => {
  it(`in ${language}, it says its language and the name of the service`, () => {
    const html = page(language);
    expect(html).toMatch(new RegExp(`^<!DOCTYPE html><html lang="${language}"`));
    expect(html).toContain(`<title>Title – ${NAMES[language]}</title>`);
  });

  it(`in ${language}, it links to the same page in the other languages`, () => {
    const html = page(language);
    for (const other of LANGUAGES.filter((one) => one !== language))
      expect(html).toContain(`href="/${other}/mail/1?after=2" rel="alternate" lang="${other}" hreflang="${other}"`);
    expect(html).not.toContain(`hreflang="${language}"`);
  });

  it(`in ${language}, it has its landmarks, each once, and a link past the first of them`, () => {
    const html = page(language);
    for (const tag of ['<header', '<main', '<footer', '<h1']) expect(html.split(tag)).toHaveLength(2);
    expect(html.indexOf('href="#main-content"')).toBeLessThan(html.indexOf('<header'));
    expect(html).toContain('id="main-content"');
  });

  it(`in ${language}, errors say what to do and nothing of themselves`, () => {
    for (const status of [400, 403, 404, 429, 500, 503]) {
      const { title, status: answered } = errorPage(language, status);
      expect(answered).toBe(status);
      expect(title).not.toMatch(/\d/);
    }
    expect(sessionEndedPage(language, '/mail').title).not.toBe(signedOutPage(language).title);
  });
});

describe('a page', () => {
  it('has a form to sign out with its token, and the time at which the session ends', () => {
    const html = page('en', true);
    expect(html).toContain('method="post" action="/en/sign-out"');
    expect(html).toContain('<input type="hidden" name="csrf" value="token"/>');
    expect(html).toContain('14:05');
    expect(page('en')).not.toContain('csrf');
  });

  it('leads whoever is not signed in back to itself', () => {
    expect(page('en')).toContain(`href="/en/sign-in?back=${encodeURIComponent('/mail/1?after=2')}"`);
  });

  it('says nothing personal in its title', () => {
    expect(/<title>(.*)<\/title>/.exec(page('en', true))?.[1]).not.toContain('Ann');
  });

  it('marks the part of the service that it belongs to', () => {
    expect(page('en')).toContain('href="/en/mail" aria-current="true"');
  });

  it('runs and styles nothing but files', () => {
    const html = htmlOf({ language: 'en', path: '', search: '', session: undefined }, errorPage('en', 500));
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?! type="module" src=)/);
  });
});

describe('assets', () => {
  it('a first visit loads less than 50 KB', () => {
    const names = ['portal.css', 'portal.js', 'govuk-frontend.js', 'mark.svg'] as const;
    const files = names.map((name) => assetFile(assetUrl(name).replace('/assets/', ''))?.gzip.length ?? Number.NaN);
    expect(files[0]).toBeLessThan(20_000);
    expect(files.reduce((sum, one) => sum + one, 0)).toBeLessThan(40_000);
  });

  it('the style has no font, mark or address of GOV.UK', () => {
    const style = String(assetFile(assetUrl('portal.css').replace('/assets/', ''))?.plain);
    expect(style).not.toMatch(/@font-face|GDS Transport|crown|crest|url\(/);
    expect(style).toContain('prefers-reduced-motion');
    expect(style).toContain('forced-colors');
  });

  it('an unknown name is no file, whatever it looks like', () => {
    for (const name of ['', 'portal.css', '../package.json', 'portal-000000000000.css', '__proto__', 'constructor'])
      expect(assetFile(name)).toBeUndefined();
  });

  it('a script names another by its hash', () => {
    const script = String(assetFile(assetUrl('portal.js').replace('/assets/', ''))?.plain);
    expect(script).toContain(assetUrl('govuk-frontend.js').replace('/assets/', './'));
  });
});
