import type { VNode } from 'preact';
import { Details } from '../component/details.js';
import { Notice } from '../component/notice.js';
import { SummaryList } from '../component/summary-list.js';
import { formatDayOf, formatSsin } from '../text/format.js';
import type { Language } from '../text/language.js';
import { formatPeriod } from '../text/period.js';
import type { Vocabulary } from '../vocabulary/vocabulary.js';
import { FACT_GROUPS, type KnownFact } from './known-facts.js';
import { ownDataTexts } from './own-data.texts.js';

interface OwnPerson {
  readonly ssin: string;
  readonly replacedSsins: readonly string[];
  readonly facts: readonly KnownFact[];
}

export interface OwnFile {
  readonly institution: string;
  readonly context: string;
  readonly from: string;
  readonly to: string;
  readonly isCurrent: boolean;
}

export interface OwnDataProps {
  readonly language: Language;
  readonly vocabulary: Vocabulary;
  /** Absent: the registry is away. */
  readonly person: OwnPerson | undefined;
  /** Absent: the directory is away. */
  readonly files: readonly OwnFile[] | undefined;
}

export const OwnDataPage = (props: OwnDataProps): VNode => {
  const { language, person, files } = props;
  const t = ownDataTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('lead')}</p>
      <p class="govuk-body">{t('recorded')}</p>
      <h2 class="govuk-heading-l">{t('identification')}</h2>
      {person ? <Identification {...props} person={person} /> : <Notice text={t('personAway')} />}
      <h2 class="govuk-heading-l">{t('files')}</h2>
      {files ? <Files {...props} files={files} /> : <Notice text={t('directoryAway')} />}
    </>
  );
};

const Identification = ({ person, ...props }: OwnDataProps & { readonly person: OwnPerson }): VNode => {
  const t = ownDataTexts(props.language);
  const { ssin, replacedSsins, facts } = person;
  return (
    <>
      <SummaryList
        rows={[
          { key: t('ssin'), value: formatSsin(ssin) },
          ...(replacedSsins.length === 0
            ? []
            : [{ key: t('replaced'), value: replacedSsins.map(formatSsin).join(', ') }]),
          ...FACT_GROUPS.map((group) => ({
            key: t(group),
            value: facts
              .filter((fact) => fact.group === group && fact.isCurrent)
              .map((fact) => <FactWords {...props} fact={fact} />),
          })).filter(({ value }) => value.length > 0),
        ]}
      />
      {facts.length === 0 && <p class="govuk-body">{t('none')}</p>}
      {FACT_GROUPS.map((group) => {
        const former = facts.filter((fact) => fact.group === group && !fact.isCurrent);
        return (
          former.length > 0 && (
            <Details key={group} summary={t('former', { group: t(group) })}>
              {former.map((fact) => (
                <FactWords {...props} fact={fact} />
              ))}
            </Details>
          )
        );
      })}
      <p class="govuk-body">{t('correct')}</p>
    </>
  );
};

type FactProps = Pick<OwnDataProps, 'language' | 'vocabulary'> & { readonly fact: KnownFact };

const FactWords = ({ language, vocabulary, fact }: FactProps): VNode => {
  const t = ownDataTexts(language);
  const { words, from, to, knownSince, reporter } = fact;
  const period = formatPeriod(language, { from, to });
  const source = [
    period === '' ? '' : t('period', { period }),
    knownSince ? t('known', { date: formatDayOf(language, knownSince) }) : '',
    reporter === '' ? '' : t('reporter', { institution: vocabulary.institution(reporter) }),
  ];
  return (
    <>
      <p class="govuk-body govuk-!-margin-bottom-1">{words}</p>
      <p class="govuk-hint">{source.filter(Boolean).join(' · ')}</p>
    </>
  );
};

const Files = ({ language, vocabulary, files }: OwnDataProps & { readonly files: readonly OwnFile[] }): VNode => {
  const t = ownDataTexts(language);
  const listOf = (some: readonly OwnFile[]): VNode => (
    <SummaryList
      rows={some.map(({ institution, context, from, to }) => ({
        key: vocabulary.institution(institution),
        value: (
          <>
            <p class="govuk-body govuk-!-margin-bottom-1">{vocabulary.inscriptionContext(context).name}</p>
            <p class="govuk-hint">{formatPeriod(language, { from, to })}</p>
          </>
        ),
      }))}
    />
  );
  const [current, former] = [files.filter(({ isCurrent }) => isCurrent), files.filter(({ isCurrent }) => !isCurrent)];
  return (
    <>
      {current.length === 0 ? <p class="govuk-body">{t('noFiles')}</p> : listOf(current)}
      {former.length > 0 && <Details summary={t('formerFiles')}>{listOf(former)}</Details>}
    </>
  );
};
