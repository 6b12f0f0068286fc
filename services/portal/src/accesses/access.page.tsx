import { incompleteDate, type DateParts } from '@crossroads/identifiers';
import type { VNode } from 'preact';
import { BackLink } from '../component/back-link.js';
import { Link } from '../component/link.js';
import { NotificationBanner } from '../component/notification-banner.js';
import { SummaryList, type SummaryRow } from '../component/summary-list.js';
import { formatInstant } from '../text/format.js';
import type { Language } from '../text/language.js';
import { formatPeriod } from '../text/period.js';
import { formatDay } from '../text/format.js';
import type { Vocabulary } from '../vocabulary/vocabulary.js';
import type { ContestForm } from './access-entries.js';
import type { AccessLine, LineService } from './access-line.rules.js';
import type { Sentences } from './access-sentence.js';
import { accessTexts } from './access.texts.js';
import { accessesTexts } from './accesses.texts.js';
import { ContestButton, type ContestNotice } from './contest.page.js';

export interface AccessProps {
  readonly language: Language;
  readonly csrfToken: string;
  readonly line: AccessLine;
  readonly sentences: Sentences;
  readonly vocabulary: Vocabulary;
  readonly contest: ContestForm | undefined;
  readonly notice: ContestNotice | undefined;
}

const textOf = (date: DateParts | undefined): string => (date && incompleteDate(date)) ?? '';

/** One line of the list, with all that was recorded of it. */
export const AccessPage = (props: AccessProps): VNode => {
  const { language, line, sentences, vocabulary, contest, notice, csrfToken } = props;
  const t = accessTexts(language);
  const shown = line.kind !== 'erased';
  return (
    <>
      {notice && (
        <NotificationBanner
          language={language}
          success={notice === 'contested'}
          text={accessesTexts(language)(notice)}
        />
      )}
      <BackLink language={language} href={`/${language}/accesses`} text={t('back')} />
      <h1 class="govuk-heading-l">{t('title')}</h1>
      <p class="govuk-body-l">{sentences.of([line])}</p>
      {line.lost && <p class="govuk-inset-text">{t('lost')}</p>}
      {contest && !notice && <ContestButton language={language} form={contest} csrfToken={csrfToken} />}
      {line.services.length > 0 && <h2 class="govuk-heading-m">{t('what')}</h2>}
      {line.services.map((service) => (
        <SummaryList
          key={service.dataService}
          card={{ title: vocabulary.dataService(service.dataService).name, headingLevel: 3 }}
          rows={serviceRows(props, service)}
        />
      ))}
      {shown && <h2 class="govuk-heading-m">{t('how')}</h2>}
      {shown && <SummaryList rows={lineRows(props)} />}
      {shown && <WhatToDo {...props} />}
    </>
  );
};

/** Without what was not recorded. */
const rowsOf = (rows: readonly (SummaryRow | undefined)[]): readonly SummaryRow[] =>
  rows.filter((row) => row !== undefined);

const row = (key: string, value: string): SummaryRow | undefined => (value === '' ? undefined : { key, value });

const lineRows = ({ language, line, sentences, vocabulary }: AccessProps): readonly SummaryRow[] => {
  const t = accessTexts(language);
  const { inscription, peer, institution, purpose, reason, earlier } = line;
  return rowsOf([
    row(t('when'), formatInstant(language, line.time)),
    row(t('institution'), institution === '' ? '' : sentences.institution(institution, line.institutionName)),
    row(t('role'), line.role),
    row(t('application'), line.application),
    row(t('peer'), peer === '' || peer === institution ? '' : sentences.institution(peer)),
    purpose === '' ? undefined : { key: t('purpose'), value: <Words {...vocabulary.legalContext(purpose)} /> },
    row(t('asOf'), formatDay(language, textOf(line.asOf))),
    inscription && {
      key: t('inscription'),
      value: <Words {...vocabulary.inscriptionContext(inscription.context)} />,
    },
    inscription &&
      row(t('period'), formatPeriod(language, { from: textOf(inscription.start), to: textOf(inscription.end) })),
    row(t('status'), t(`result_${line.result}`)),
    row(t('reason'), reason === '' ? '' : sentences.reason(reason)),
    earlier.length === 0
      ? undefined
      : {
          key: t('earlier'),
          value: earlier
            .map((one) =>
              [one.time && formatInstant(language, one.time), t(`result_${one.result}`)].filter(Boolean).join(': '),
            )
            .join('; '),
        },
    row(t('ticket'), line.ticket),
    row(t('repeat'), line.repeatOf),
  ]);
};

const serviceRows = ({ language, vocabulary, sentences }: AccessProps, service: LineService): readonly SummaryRow[] => {
  const t = accessTexts(language);
  const { dataService, fieldGroups, status, filtered, deliberationId, deliberationReference, reason } = service;
  return rowsOf([
    fieldGroups.length === 0
      ? undefined
      : {
          key: t(status === 'found' ? 'received' : 'wanted'),
          value: fieldGroups.map((group) => <Words key={group} {...vocabulary.fieldGroup(dataService, group)} />),
        },
    row(t('status'), t(`status_${status}`)),
    row(t('reason'), reason === '' ? '' : sentences.reason(reason)),
    filtered.length === 0
      ? undefined
      : {
          key: t('filtered'),
          value: (
            <ul class="govuk-list">
              {filtered.map(({ path, fieldGroup, reason: why }) => (
                <li key={path}>
                  {fieldGroup === '' ? path : vocabulary.fieldGroup(dataService, fieldGroup).name}:{' '}
                  {sentences.reason(why)}
                </li>
              ))}
            </ul>
          ),
        },
    deliberationId === ''
      ? undefined
      : {
          key: t('rule'),
          value: (
            <Link href={`/${language}/register/${deliberationId}`}>
              {t('deliberation', { reference: deliberationReference === '' ? deliberationId : deliberationReference })}
            </Link>
          ),
        },
  ]);
};

const Words = ({ name, description }: { readonly name: string; readonly description: string }): VNode => (
  <>
    <p class="govuk-body govuk-!-margin-bottom-1">{name}</p>
    {description !== '' && description !== name && <p class="govuk-hint">{description}</p>}
  </>
);

const WhatToDo = ({ language, line, sentences }: AccessProps): VNode => {
  const t = accessTexts(language);
  const isOwn = line.kind === 'own' || line.institution === '';
  return (
    <>
      <h2 class="govuk-heading-m">{t('doTitle')}</h2>
      {isOwn ? (
        <p class="govuk-body">{t('doOwn')}</p>
      ) : (
        <>
          <p class="govuk-body">
            {t('doAsk', { institution: sentences.institution(line.institution, line.institutionName) })}
          </p>
          <p class="govuk-body">{t('doCommittee')}</p>
        </>
      )}
    </>
  );
};
