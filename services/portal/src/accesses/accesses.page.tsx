import type { VNode } from 'preact';
import { formatDay } from '../text/format.js';
import type { Language } from '../text/language.js';
import { Details } from '../component/details.js';
import { ErrorSummary } from '../component/error-summary.js';
import { InsetText } from '../component/inset-text.js';
import { Link } from '../component/link.js';
import { Pagination } from '../component/pagination.js';
import { Tag } from '../component/tag.js';
import type { Entry, ShownLine } from './access-entries.js';
import { AccessFilterForm, type Choices, filterErrors } from './access-filter.page.js';
import { accessesTexts } from './accesses.texts.js';
import { ContestButton } from './contest.page.js';
import { type AskedList, isNarrowed, queryOf } from './list-filter.rules.js';

export interface AccessesProps {
  readonly language: Language;
  readonly csrfToken: string;
  readonly asked: AskedList;
  readonly choices: Choices;
  readonly entries: readonly Entry[];
  /** Empty: this is the end of the list. */
  readonly nextPageToken: string;
}

export const AccessesPage = (props: AccessesProps): VNode => {
  const { language, asked, choices, entries, csrfToken } = props;
  const errors = filterErrors(language, asked);
  const t = accessesTexts(language);
  return (
    <>
      {errors.length > 0 && (
        <ErrorSummary language={language} errors={errors.map(({ text, field }) => ({ text, id: `${field}-day` }))} />
      )}
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('lead')}</p>
      <p class="govuk-body">{t('explain')}</p>
      <AccessFilterForm language={language} asked={asked} choices={choices} />
      <h2 class="govuk-heading-l">{t('list')}</h2>
      {entries.length === 0 ? (
        <Nothing {...props} />
      ) : (
        <ol class="govuk-list govuk-list--spaced">
          {entries.map((entry) => (
            <li key={entry.lines[0].href}>
              <EntryItem language={language} entry={entry} csrfToken={csrfToken} />
            </li>
          ))}
        </ol>
      )}
      <Pages {...props} />
      <Downloads {...props} />
    </>
  );
};

const EntryItem = ({ language, entry, csrfToken }: EntryProps): VNode => {
  const { sentence, lines, contest } = entry;
  return (
    <>
      {lines.length === 1 ? (
        <>
          <p class="govuk-body govuk-!-margin-bottom-1">{sentence}</p>
          <Line language={language} line={lines[0]} />
        </>
      ) : (
        <Details summary={sentence}>
          <ol class="govuk-list">
            {lines.map((line) => (
              <li key={line.href}>
                <Line language={language} line={line} />
              </li>
            ))}
          </ol>
        </Details>
      )}
      {contest && <ContestButton language={language} form={contest} csrfToken={csrfToken} />}
    </>
  );
};

interface EntryProps {
  readonly language: Language;
  readonly entry: Entry;
  readonly csrfToken: string;
}

const Line = ({ language, line }: { readonly language: Language; readonly line: ShownLine }): VNode => {
  const t = accessesTexts(language);
  return (
    <p class="govuk-body-s govuk-!-margin-bottom-1">
      <time dateTime={line.instant}>{line.at}</time>
      {line.role !== '' && ` · ${line.role}`}{' '}
      {line.tags.map((tag) => (
        <>
          <Tag text={t(tag)} colour="grey" />{' '}
        </>
      ))}
      <Link href={line.href} hidden={line.at}>
        {t('details')}
      </Link>
    </p>
  );
};

/** What an empty page means: that there is nothing at all, nothing that fits, or nothing here. */
const Nothing = ({ language, asked: { filter, pageToken, problems }, nextPageToken }: AccessesProps): VNode | null => {
  const t = accessesTexts(language);
  if (problems.length > 0) return null;
  if (nextPageToken !== '') return <InsetText>{t('emptyStretch')}</InsetText>;
  if (pageToken !== '') return <InsetText>{t('emptyOlder')}</InsetText>;
  const { from } = filter;
  const onlySince = from !== undefined && !isNarrowed({ ...filter, from: undefined });
  if (isNarrowed(filter) && !onlySince) return <InsetText>{t('emptyNarrowed')}</InsetText>;
  return (
    <InsetText>
      <p class="govuk-body">{onlySince ? t('emptySince', { day: formatDay(language, from) }) : t('empty')}</p>
      <p class="govuk-body">{t('covers')}</p>
    </InsetText>
  );
};

const Pages = ({ language, asked: { filter, pageToken }, nextPageToken }: AccessesProps): VNode | null => {
  if (pageToken === '' && nextPageToken === '') return null;
  const t = accessesTexts(language);
  const path = `/${language}/accesses`;
  return (
    <Pagination
      language={language}
      previous={pageToken === '' ? undefined : { href: `${path}${queryOf(filter)}`, label: t('newest') }}
      next={nextPageToken === '' ? undefined : { href: `${path}${queryOf(filter, nextPageToken)}`, label: t('older') }}
    />
  );
};

const Downloads = ({ language, asked: { filter, problems } }: AccessesProps): VNode | null => {
  if (problems.length > 0) return null;
  const t = accessesTexts(language);
  const [path, query] = [`/${language}/accesses/download`, queryOf(filter)];
  return (
    <>
      <h2 class="govuk-heading-m">{t('download')}</h2>
      <p class="govuk-body">{t('downloadNote')}</p>
      {isNarrowed(filter) && <p class="govuk-body">{t('downloadNarrowed')}</p>}
      <ul class="govuk-list">
        <li>
          <Link href={`${path}.csv${query}`}>{t('csv')}</Link>
        </li>
        <li>
          <Link href={`${path}.json${query}`}>{t('json')}</Link>
        </li>
      </ul>
    </>
  );
};
