import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { Checkboxes } from '../component/checkboxes.js';
import { DateInput } from '../component/date-input.js';
import { Details } from '../component/details.js';
import { Link } from '../component/link.js';
import { Select, type SelectOption } from '../component/select.js';
import type { Language } from '../text/language.js';
import { accessesTexts } from './accesses.texts.js';
import { type AskedList, type FilterProblem, isNarrowed, SHOWN_KINDS } from './list-filter.rules.js';

/** What can be chosen, in the reader's words. */
export interface Choices {
  readonly institutions: readonly SelectOption[];
  readonly purposes: readonly SelectOption[];
  readonly dataServices: readonly SelectOption[];
}

export interface FilterProps {
  readonly language: Language;
  readonly asked: AskedList;
  readonly choices: Choices;
}

const PROBLEMS = {
  from: { text: 'problemFrom', field: 'from' },
  to: { text: 'problemTo', field: 'to' },
  period: { text: 'problemPeriod', field: 'to' },
} as const satisfies Readonly<Record<FilterProblem, unknown>>;

/** What is wrong with a filter, each with the field that it is about. */
export const filterErrors = (
  language: Language,
  { problems }: AskedList,
): readonly { readonly text: string; readonly field: 'from' | 'to' }[] =>
  problems.map((problem) => ({
    text: accessesTexts(language)(PROBLEMS[problem].text),
    field: PROBLEMS[problem].field,
  }));

/** A form that asks for another page by its address: it needs no script. */
export const AccessFilterForm = ({ language, asked, choices }: FilterProps): VNode => {
  const t = accessesTexts(language);
  const { filter, problems, typed } = asked;
  const errors = filterErrors(language, asked);
  const day = (name: 'from' | 'to'): VNode => {
    const error = errors.find(({ field }) => field === name)?.text;
    return (
      <DateInput
        language={language}
        name={name}
        legend={t(name)}
        hint={t('dayHint')}
        values={typed[name]}
        {...(error === undefined ? {} : { error })}
      />
    );
  };
  const anyOf = (options: readonly SelectOption[], value: string) => {
    // What an address asks for stays chosen, also when there are no words for it.
    const isKnown = value === '' || options.some((option) => option.value === value);
    return [{ value: '', text: t('any') }, ...options, ...(isKnown ? [] : [{ value, text: value }])];
  };
  const { institution, purpose, data, kind, refused, own } = filter;
  return (
    <Details summary={t('filter')} open={isNarrowed(filter) || problems.length > 0}>
      <form method="get" action={`/${language}/accesses`} noValidate>
        <Select
          language={language}
          name="institution"
          label={t('institution')}
          options={anyOf(choices.institutions, institution)}
          value={institution}
        />
        <Select
          language={language}
          name="purpose"
          label={t('purpose')}
          options={anyOf(choices.purposes, purpose)}
          value={purpose}
        />
        <Select
          language={language}
          name="data"
          label={t('data')}
          options={anyOf(choices.dataServices, data)}
          value={data}
        />
        <Select
          language={language}
          name="kind"
          label={t('kind')}
          options={SHOWN_KINDS.map((value) => ({ value, text: t(`kind_${value}`) }))}
          value={kind}
        />
        {day('from')}
        {day('to')}
        <Checkboxes
          language={language}
          name="which"
          legend={t('refinements')}
          small
          choices={[
            { value: 'refused', text: t('refused') },
            { value: 'own', text: t('own') },
          ]}
          values={[...(refused ? ['refused'] : []), ...(own ? ['own'] : [])]}
        />
        <div class="govuk-button-group">
          <Button text={t('apply')} />
          <Link href={`/${language}/accesses`}>{t('clear')}</Link>
        </div>
      </form>
    </Details>
  );
};
