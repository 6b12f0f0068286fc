import { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { csvRecord } from '../text/csv.rules.js';
import { formatNumber } from '../text/format.js';
import type { Language } from '../text/language.js';
import { accessLineOf } from './access-line.reader.js';
import type { AccessPage } from './access-lists.js';
import type { Sentences } from './access-sentence.js';
import { downloadTexts } from './download.texts.js';

/** More than that is asked for by period. */
const MAX_LINES = 100_000;

export type DownloadFormat = 'csv' | 'json';

/** How a downloaded list ended. */
type End = 'whole' | 'cut' | 'broken';

export interface Download {
  readonly language: Language;
  readonly sentences: Sentences;
  /** Already there, so that a service that is away is an error page and not a file. */
  readonly first: AccessPage;
  readonly pageAfter: (pageToken: string) => Promise<AccessPage>;
  readonly maxLines?: number;
}

/** The list as a file, piece by piece: the next page is asked for when the reader has taken the one before. */
export async function* downloadOf(format: DownloadFormat, download: Download): AsyncGenerator<string, void> {
  const { begin, line, end } = FORMATS[format](download);
  const { first, pageAfter, maxLines = MAX_LINES } = download;
  yield begin;
  let count = 0;
  let page = first;
  for (;;) {
    const shown = page.accesses.slice(0, maxLines - count);
    const before = count;
    yield shown.map((access, index) => line(access, before + index)).join('');
    count += shown.length;
    const isCut = count >= maxLines && (shown.length < page.accesses.length || page.nextPageToken !== '');
    if (isCut) yield end('cut', formatNumber(download.language, count));
    else if (page.nextPageToken === '') yield end('whole', '');
    if (isCut || page.nextPageToken === '') return;
    try {
      page = await pageAfter(page.nextPageToken);
    } catch {
      yield end('broken', '');
      return;
    }
  }
}

interface Format {
  readonly begin: string;
  readonly line: (access: Access, index: number) => string;
  readonly end: (end: End, count: string) => string;
}

const noteOf = (language: Language, end: End, count: string): string => {
  if (end === 'whole') return '';
  const t = downloadTexts(language);
  return end === 'cut' ? t('cut', { count }) : t('broken');
};

/** Names of columns are for software as well, and the same in each language. */
const COLUMNS = [
  'time',
  'what_happened',
  'institution',
  'enterprise_number',
  'purpose',
  'kind',
  'result',
  'reason',
  'data',
  'deliberations',
  'official_role',
  'ticket',
  'journal_id',
] as const;

const FORMATS: Readonly<Record<DownloadFormat, (download: Download) => Format>> = {
  csv: ({ sentences, language }) => ({
    // Spreadsheets take a file for UTF-8 only with this mark.
    begin: `\uFEFF${csvRecord(COLUMNS)}`,
    line: (access) => {
      const line = accessLineOf(access);
      return csvRecord([
        line.time.toISOString(),
        sentences.of([line]),
        line.institutionName,
        line.institution,
        line.purpose,
        line.kind,
        line.result,
        line.reason,
        line.services.map(({ dataService, fieldGroups }) => `${dataService}: ${fieldGroups.join(' ')}`).join('; '),
        line.services.map(({ deliberationReference }) => deliberationReference).join('; '),
        line.role,
        line.ticket,
        line.id,
      ]);
    },
    end: (end, count) => (end === 'whole' ? '' : csvRecord(['', noteOf(language, end, count)])),
  }),
  json: ({ sentences, language }) => ({
    begin: '{"accesses":[',
    line: (access, index) =>
      `${index === 0 ? '' : ','}\n${JSON.stringify({ whatHappened: sentences.of([accessLineOf(access)]), access: Access.toJSON(access) })}`,
    end: (end, count) => `\n],"complete":${end === 'whole'},"note":${JSON.stringify(noteOf(language, end, count))}}\n`,
  }),
};
