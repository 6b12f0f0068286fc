import type { VNode } from 'preact';
import { Table } from '../component/table.js';
import { Tag } from '../component/tag.js';
import { formatInstant } from '../text/format.js';
import type { Language } from '../text/language.js';
import type { ServiceStates } from './service-states.js';
import { stateTexts } from './state.texts.js';

export const StatePage = ({
  language,
  view: { at, states },
}: {
  readonly language: Language;
  readonly view: ServiceStates;
}): VNode => {
  const t = stateTexts(language);
  const working = states.filter(({ answers }) => answers).length;
  const summary = working === states.length ? 'all' : working === 0 ? 'none' : 'some';
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t(summary)}</p>
      <Table
        firstCellIsHeader
        columns={[{ header: t('part') }, { header: t('state') }]}
        rows={states.map(({ service, answers }) => [
          t(service),
          <Tag text={t(answers ? 'works' : 'fails')} colour={answers ? 'green' : 'red'} />,
        ])}
      />
      <p class="govuk-body">{t('checked', { time: formatInstant(language, at) })}</p>
    </>
  );
};
