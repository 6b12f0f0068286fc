import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { Details } from '../component/details.js';
import { Link } from '../component/link.js';
import { Notice } from '../component/notice.js';
import { Select } from '../component/select.js';
import { Table } from '../component/table.js';
import { hrefOf } from '../page/href.js';
import { formatDay, formatNumber } from '../text/format.js';
import type { Language } from '../text/language.js';
import { COUNTS, type FiguresLine, type Month, totalsOf } from './figures.rules.js';
import { figuresTexts } from './figures.texts.js';

export interface FiguresView {
  readonly month: Month;
  readonly months: readonly Month[];
  /** Absent: the figures are not available. */
  readonly lines: readonly FiguresLine[] | undefined;
}

/** `November 2026`. */
const monthName = (language: Language, month: Month): string => formatDay(language, `${month}-00`);

export const FiguresPage = ({ language, view }: { readonly language: Language; readonly view: FiguresView }): VNode => {
  const t = figuresTexts(language);
  const { month, months } = view;
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('intro')}</p>
      <form method="get" action={hrefOf(language, '/figures')}>
        <Select
          language={language}
          name="month"
          label={t('month')}
          value={month}
          options={months.map((one) => ({ value: one, text: monthName(language, one) }))}
        />
        <Button text={t('show')} />
      </form>
      <FiguresTable language={language} view={view} />
      <Details summary={t('explain')}>
        <p>{t('explainConsultations')}</p>
        <p>{t('explainDeliveries')}</p>
        <p>{t('explainInscriptions')}</p>
      </Details>
    </>
  );
};

const FiguresTable = ({ language, view }: { readonly language: Language; readonly view: FiguresView }): VNode => {
  const t = figuresTexts(language);
  const { lines, month } = view;
  if (!lines) return <Notice text={t('away')} />;
  if (lines.length === 0) return <p class="govuk-body">{t('none')}</p>;
  const totals = totalsOf(lines);
  return (
    <>
      <Table
        stacked
        firstCellIsHeader
        caption={t('caption', { month: monthName(language, month) })}
        captionSize="m"
        columns={[{ header: t('institution') }, ...COUNTS.map((count) => ({ header: t(count), numeric: true }))]}
        rows={[
          ...lines.map((line) => [
            <bdi>{line.name}</bdi>,
            ...COUNTS.map((count) => formatNumber(language, line[count])),
          ]),
          [t('total'), ...COUNTS.map((count) => formatNumber(language, totals[count]))],
        ]}
      />
      <p class="govuk-body">
        <Link href={hrefOf(language, '/figures.csv', { month })}>{t('download')}</Link>
      </p>
    </>
  );
};
