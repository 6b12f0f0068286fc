import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { describe, expect, it } from '@jest/globals';
import { renderToString } from 'preact-render-to-string';
import { LANGUAGES } from '../text/language.js';
import { entriesOf } from './access-entries.js';
import {
  everyAccess,
  exampleAccess,
  exampleVocabulary,
  LINE_ID,
  PROPOSAL_ID,
  proposalAccess,
} from './access-line.examples.js';
import { accessLineOf } from './access-line.reader.js';
import { Sentences } from './access-sentence.js';
import { AccessesPage } from './accesses.page.js';
import { choicesOf } from './filter-choices.js';
import { askedListOf } from './list-filter.rules.js';

const NOW = new Date('2026-11-04T12:00:00Z');

const page = (
  accesses: readonly Access[],
  query = '',
  nextPageToken = '',
  language: (typeof LANGUAGES)[number] = 'en',
) => {
  const vocabulary = exampleVocabulary(language);
  return renderToString(
    <AccessesPage
      language={language}
      csrfToken="csrf-of-this-answer"
      asked={askedListOf(new URLSearchParams(query))}
      choices={choicesOf(language, vocabulary)}
      entries={entriesOf(accesses.map(accessLineOf), language, new Sentences(language, vocabulary), NOW)}
      nextPageToken={nextPageToken}
    />,
  );
};

describe('the page of accesses', () => {
  it('tells a look in a sentence, with its time, the unit of the official, and a link to its details', () => {
    const html = page([exampleAccess()]);
    expect(html).toContain('looked up your address and your household on 3 November 2026, to decide on unemployment');
    expect(html).toContain('<time datetime="2026-11-03T13:05:00.000Z">3 November 2026, 14:05</time> · benefits clerk');
    expect(html).toContain(`href="/en/accesses/${LINE_ID}"`);
  });

  it('folds seven looks of one institution into one sentence', () => {
    const html = page(
      Array.from({ length: 7 }, (_, at) => exampleAccess({ journalId: LINE_ID.replace('1', String(at)) })),
    );
    expect(html.match(/Employment Office looked up/g)).toHaveLength(1);
    expect(html).toContain('7 times');
    expect(html.match(/<time /g)).toHaveLength(7);
  });

  it.each(LANGUAGES)('is whole in %s', (language) => {
    const html = page(everyAccess(), '', 'next', language);
    expect(html).not.toMatch(/undefined|\[object|\{[a-z]/i);
  });

  it('says that nobody looked, and what the list covers', () => {
    expect(page([])).toMatch(/Nobody else has looked at your data[^<]*so far.*does not cover/s);
    expect(page([], 'from=2026-11-01')).toContain('through this network since 1 November 2026.');
  });

  it('does not say that nobody looked when a filter lets nothing through', () => {
    expect(page([], 'institution=0999000624')).toContain('No line fits');
    expect(page([], 'institution=0999000624', 'next')).toContain('Look further back');
    expect(page([], 'page=token')).toContain('There are no older lines');
    for (const html of [page([], 'institution=1'), page([], 'from=2026-11-01&which=refused'), page([], 'page=t')])
      expect(html).not.toContain('Nobody else');
  });

  it('keeps the filter in the links to older lines and downloads', () => {
    const html = page([exampleAccess()], 'institution=0999000624&which=own&page=here', 'older+/=');
    expect(html).toContain('href="/en/accesses?which=own&amp;institution=0999000624&amp;page=older%2B%2F%3D"');
    expect(html).toContain('href="/en/accesses/download.csv?which=own&amp;institution=0999000624"');
  });

  it('names a field that is wrong, and shows no list that was not asked for', () => {
    const html = page([], 'from-day=30&from-month=2&from-year=2026');
    expect(html).toContain('href="#from-day"');
    expect(html).toContain('value="30"');
    expect(html).not.toContain('Nobody else');
    expect(html).not.toContain('download.csv');
  });

  it('lets the person object to a proposal by a form that names it, and has the token of the session', () => {
    const html = page([proposalAccess({ step: ProposalStep.PROPOSAL_STEP_PROPOSED })]);
    expect(html).toContain(`<form method="post" action="/en/accesses/${LINE_ID}/contest">`);
    expect(html).toContain('name="csrf" value="csrf-of-this-answer"');
    expect(html).toContain(`name="proposalId" value="${PROPOSAL_ID}"`);
    expect(page([proposalAccess({ step: ProposalStep.PROPOSAL_STEP_CONTESTED })])).not.toContain('<form method="post"');
  });

  it('shows hostile names as text', () => {
    const hostile = '<script>alert(1)</script>"\'&{x}';
    const html = page(
      [exampleAccess({ customerName: hostile, officialRole: hostile, legalContext: hostile })],
      `data=${encodeURIComponent(hostile)}`,
    );
    expect(html).not.toContain('<script');
    expect(html).toContain("&lt;script>alert(1)&lt;/script>&quot;'&amp;{x} looked up");
  });
});
