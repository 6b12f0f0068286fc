import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { describe, expect, it } from '@jest/globals';
import { exampleAccess, exampleVocabulary } from './access-line.examples.js';
import { Sentences } from './access-sentence.js';
import { type DownloadFormat, downloadOf } from './download.js';

const sentences = new Sentences('en', exampleVocabulary('en'));

const download = async (format: DownloadFormat, pages: readonly (readonly Access[] | Error)[], maxLines = 100) => {
  let file = '';
  const pageOf = (index: number) => {
    const page = pages[index];
    if (page === undefined || page instanceof Error) throw page ?? new Error('there is no such page');
    return { accesses: page, nextPageToken: index + 1 < pages.length ? String(index + 1) : '' };
  };
  const pageAfter = async (token: string) => pageOf(Number(token));
  for await (const piece of downloadOf(format, { language: 'en', sentences, first: pageOf(0), pageAfter, maxLines }))
    file += piece;
  return file;
};

const access = exampleAccess();

describe('the downloaded list', () => {
  it('has the lines of all pages', async () => {
    const file = await download('csv', [[access, access], [access]]);
    expect(file.trimEnd().split('\r\n')).toHaveLength(4);
    expect(JSON.parse(await download('json', [[access, access], [], [access]]))).toMatchObject({
      accesses: [{}, {}, { access: { journalId: access.journalId } }],
      complete: true,
    });
  });

  it('says at its end that it was cut', async () => {
    expect(await download('csv', [[access, access], [access]], 2)).toMatch(
      /LONGER: this file ends after 2 lines[^\n]*\n$/,
    );
    expect(await download('csv', [[access, access, access]], 2)).toContain('LONGER');
    expect(await download('csv', [[access, access]], 2)).not.toContain('LONGER');
    expect(JSON.parse(await download('json', [[access], [access]], 1))).toMatchObject({ complete: false });
  });

  it('says at its end that the service stopped answering', async () => {
    expect(await download('csv', [[access], new Error('away')])).toContain('NOT COMPLETE');
    expect(JSON.parse(await download('json', [[access], new Error('away')]))).toMatchObject({ complete: false });
  });

  it('holds an empty list', async () => {
    expect(JSON.parse(await download('json', [[]]))).toEqual({ accesses: [], complete: true, note: '' });
  });

  it('lets no name begin a formula', async () => {
    const file = await download('csv', [[exampleAccess({ customerName: '=HYPERLINK("x")' })]]);
    expect(file).toContain(`"'=HYPERLINK(""x"")"`);
    expect(file).not.toContain('"=HYPERLINK');
  });
});
