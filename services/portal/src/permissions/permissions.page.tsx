import type { VNode } from 'preact';
import { InsetText } from '../component/inset-text.js';
import { Link } from '../component/link.js';
import { Notice } from '../component/notice.js';
import { Table } from '../component/table.js';
import { formatDay } from '../text/format.js';
import type { Language } from '../text/language.js';
import type { Vocabulary } from '../vocabulary/vocabulary.js';
import type { PermissionsOfService } from './permissions.rules.js';
import { permissionsTexts } from './permissions.texts.js';

/** Who may look, or the service without which that is not known. */
export type Permissions =
  | { readonly services: readonly PermissionsOfService[]; readonly isWhole: boolean }
  | { readonly away: 'directoryAway' | 'registerAway' };

export interface PermissionsProps {
  readonly language: Language;
  readonly vocabulary: Vocabulary;
  readonly permissions: Permissions;
}

export const PermissionsPage = ({ language, vocabulary, permissions }: PermissionsProps): VNode => {
  const t = permissionsTexts(language);
  return (
    <>
      <h1 class="govuk-heading-xl">{t('title')}</h1>
      <p class="govuk-body-l">{t('lead')}</p>
      {'away' in permissions ? (
        <Notice text={t(permissions.away)} />
      ) : (
        <>
          {permissions.services.map((one) => (
            <ServiceTable key={one.dataService} language={language} vocabulary={vocabulary} of={one} />
          ))}
          <InsetText>{conclusion(language, permissions)}</InsetText>
          <p class="govuk-body">{t('limits')}</p>
        </>
      )}
      <p class="govuk-body">
        <Link href={`/${language}/register`}>{t('register')}</Link>
      </p>
    </>
  );
};

/** Only of a whole list can be said that nobody else may look. */
const conclusion = (
  language: Language,
  { services, isWhole }: Extract<Permissions, { readonly isWhole: boolean }>,
): string => permissionsTexts(language)(isWhole ? (services.length === 0 ? 'nobody' : 'nobodyElse') : 'notWhole');

interface ServiceProps {
  readonly language: Language;
  readonly vocabulary: Vocabulary;
  readonly of: PermissionsOfService;
}

const ServiceTable = ({ language, vocabulary, of: { dataService, permissions } }: ServiceProps): VNode => {
  const t = permissionsTexts(language);
  const { name, description } = vocabulary.dataService(dataService);
  return (
    <>
      <h2 class="govuk-heading-l">{name}</h2>
      {description !== '' && <p class="govuk-body">{description}</p>}
      <Table
        caption={name}
        captionSize="s"
        stacked
        firstCellIsHeader
        columns={[t('institution'), t('data'), t('purpose'), t('rule'), t('until')].map((header) => ({ header }))}
        rows={permissions.map(({ recipient, fieldGroups, purposes, deliberationId, reference, end }) => [
          vocabulary.institution(recipient),
          <Names names={fieldGroups.map((group) => vocabulary.fieldGroup(dataService, group).name)} />,
          <Names names={purposes.map((purpose) => vocabulary.legalContext(purpose).name)} />,
          <Link href={`/${language}/register/${deliberationId}`}>{t('deliberation', { reference })}</Link>,
          end === undefined ? t('noEnd') : formatDay(language, end),
        ])}
      />
    </>
  );
};

const Names = ({ names }: { readonly names: readonly string[] }): VNode => (
  <ul class="govuk-list govuk-!-margin-bottom-0">
    {names.map((name) => (
      <li key={name}>{name}</li>
    ))}
  </ul>
);
