import type { VNode } from 'preact';
import { Button } from '../component/button.js';
import { Checkboxes } from '../component/checkboxes.js';
import { Input } from '../component/input.js';
import { Link } from '../component/link.js';
import { Notice } from '../component/notice.js';
import { Pagination, type PaginationLink } from '../component/pagination.js';
import { Select, type SelectOption } from '../component/select.js';
import { Table } from '../component/table.js';
import { hrefOf } from '../page/href.js';
import { formatDayOf } from '../text/format.js';
import type { Language } from '../text/language.js';
import type { DeliberationLine } from './deliberation.rules.js';
import { isSearch, type RegisterSearch } from './register-search.rules.js';
import { registerTexts } from './register.texts.js';

export interface RegisterView {
  readonly search: RegisterSearch;
  readonly institutions: readonly SelectOption[];
  readonly dataServices: readonly SelectOption[];
  /** Absent: the register does not answer. */
  readonly deliberations: readonly DeliberationLine[] | undefined;
  readonly first: PaginationLink | undefined;
  readonly next: PaginationLink | undefined;
}

export const RegisterPage = ({
  language,
  view,
}: {
  readonly language: Language;
  readonly view: RegisterView;
}): VNode => {
  const t = registerTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('intro')}</p>
      <p class="govuk-body">
        <Link href={hrefOf(language, '/data-services')}>{t('allDataServices')}</Link>
      </p>
      <SearchForm language={language} view={view} />
      <Deliberations language={language} view={view} />
      {(view.first ?? view.next) && <Pagination language={language} previous={view.first} next={view.next} />}
    </>
  );
};

const SearchForm = ({ language, view }: { readonly language: Language; readonly view: RegisterView }): VNode => {
  const t = registerTexts(language);
  const { search } = view;
  return (
    <search aria-label={t('search')}>
      <form method="get" action={hrefOf(language, '/register')}>
        <Input
          language={language}
          name="words"
          type="search"
          label={t('words')}
          hint={t('wordsHint')}
          value={search.words}
        />
        <Select
          language={language}
          name="institution"
          label={t('institution')}
          value={search.institution}
          options={[{ value: '', text: t('all') }, ...view.institutions]}
        />
        <Select
          language={language}
          name="data"
          label={t('data')}
          value={search.data}
          options={[{ value: '', text: t('all') }, ...view.dataServices]}
        />
        <Checkboxes
          language={language}
          name="in-force"
          legend={t('inForceLegend')}
          values={search.inForce ? ['yes'] : []}
          small
          choices={[{ value: 'yes', text: t('inForceOnly') }]}
        />
        <Button text={t('find')} />
        {isSearch(search) && (
          <p class="govuk-body">
            <Link href={hrefOf(language, '/register')}>{t('clear')}</Link>
          </p>
        )}
      </form>
    </search>
  );
};

const Deliberations = ({ language, view }: { readonly language: Language; readonly view: RegisterView }): VNode => {
  const t = registerTexts(language);
  const { deliberations, search } = view;
  if (!deliberations) return <Notice text={t('away')} />;
  if (deliberations.length === 0) return <p class="govuk-body">{t(isSearch(search) ? 'none' : 'noneYet')}</p>;
  return (
    <Table
      stacked
      columns={[
        { header: t('reference') },
        { header: t('whatFor') },
        { header: t('recipient') },
        { header: t('data') },
        { header: t('state') },
        { header: t('decided') },
      ]}
      rows={deliberations.map(({ deliberationId, reference, title, recipient, data, state, decidedAt }) => [
        <Link href={hrefOf(language, `/register/${deliberationId}`)}>
          <bdi>{reference}</bdi>
        </Link>,
        <bdi>{title}</bdi>,
        <bdi>{recipient}</bdi>,
        <bdi>{data}</bdi>,
        t(state),
        decidedAt ? formatDayOf(language, decidedAt) : '',
      ])}
    />
  );
};
