import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { renderPage } from '../src/page/layout.page.js';
import { SamplePage } from './sample-page.js';

const HOSTILE = [
  '<script>alert(1)</script>',
  '</title></main><img src=x onerror=alert(1)>',
  '" onmouseover="alert(1)',
  "' autofocus onfocus='alert(1)",
  '&lt;b&gt;&#60;b&#62;',
  '\u202egnp.exe\u2066',
  '-->]]>',
];

const LINKS = [
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'java\nscript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'http://elsewhere.example/',
  '//elsewhere.example/',
  '/\\elsewhere.example/',
  '\\\\elsewhere.example',
  '/\t/elsewhere.example/',
  'elsewhere.example',
  'https:elsewhere.example',
  'https://',
];

/** Tags with the names of their attributes, without what is written in them. */
const shapeOf = (html: string): string[] => html.replace(/="[^"]*"/g, '').match(/<[^>]*>/g) ?? [];

const render = (text: string, href: string): string => renderPage(<SamplePage language="en" text={text} href={href} />);

const linksOf = (html: string): string[] =>
  [...html.matchAll(/(?:href|src|action|formaction)="([^"]*)"/g)].map(([, link = '']) => link);

/** As a browser reads it, which drops tabs and line ends and takes a backslash for a slash. */
const isAllowed = (link: string): boolean => {
  const page = 'https://portal.example/en/mail';
  const { protocol, origin } = new URL(link.replace(/&amp;/g, '&'), page);
  return protocol === 'https:' && (origin === 'https://portal.example' || /^https:\/\//i.test(link));
};

describe('text of others', () => {
  const plain = shapeOf(render('text', '/en'));

  it.each(HOSTILE)('%j is shown and becomes no markup', (text) => {
    expect(shapeOf(render(text, '/en'))).toEqual(plain);
  });

  it('no text at all becomes markup', () => {
    const word = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom(...HOSTILE, '<', '>', '"', "'", '&', '`'));
    const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `x${words.join('')}`);
    fc.assert(
      fc.property(text, (hostile) => expect(shapeOf(render(hostile, '/en'))).toEqual(plain)),
      { numRuns: 60 },
    );
  });
});

describe('links of others', () => {
  it.each(LINKS)('%j is no link', (href) => {
    expect(linksOf(render('text', href)).filter((link) => !isAllowed(link))).toEqual([]);
    expect(render('text', href)).not.toContain('class="govuk-back-link" href');
  });

  it.each(['/en/mail', '#since', '?after=x', 'https://committee.example/d/1'])('%j is a link', (href) => {
    expect(linksOf(render('text', href))).toContain(href);
  });

  it('no string at all becomes a link out of https', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('/', '\\', ':', 'https', 'javascript', '\t', '\n', '\u0000', '#', '?', '@'),
    );
    const link = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.webUrl({ validSchemes: ['http', 'https', 'ftp'] }),
    );
    fc.assert(
      fc.property(link, (href) => {
        expect(linksOf(render('text', href)).filter((one) => !isAllowed(one))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
