import { type Deliberation, DeliberationState, type Grant } from '@crossroads/contracts/authorization/v1/policy';
import type { Language } from '../text/language.js';
import { formatList } from '../text/format.js';
import { formatPeriod } from '../text/period.js';
import type { Vocabulary, Words } from '../vocabulary/vocabulary.js';

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const isoOf = (date: DateParts | undefined): string =>
  date
    ? `${String(date.year).padStart(4, '0')}-${String(date.month).padStart(2, '0')}-${String(date.day).padStart(2, '0')}`
    : '';

export type DeliberationInForce = 'inForce' | 'later' | 'ended' | 'revoked';

/** Whether it lets anybody have anything on a day. */
export const inForceOn = ({ state, grants }: Deliberation, today: string): DeliberationInForce => {
  if (state === DeliberationState.DELIBERATION_STATE_REVOKED) return 'revoked';
  const running = grants.filter(({ validity }) => {
    const end = isoOf(validity?.endDate);
    return end === '' || end >= today;
  });
  if (running.length === 0) return 'ended';
  return running.some(({ validity }) => isoOf(validity?.startDate) <= today) ? 'inForce' : 'later';
};

export interface DeliberationLine {
  readonly deliberationId: string;
  readonly reference: string;
  readonly title: string;
  readonly recipient: string;
  /** Names of data services, each once. */
  readonly data: string;
  readonly state: DeliberationInForce;
  readonly decidedAt: Date | undefined;
}

export const deliberationLine = (
  deliberation: Deliberation,
  vocabulary: Vocabulary,
  { language, today }: { readonly language: Language; readonly today: string },
): DeliberationLine => ({
  deliberationId: deliberation.deliberationId,
  reference: deliberation.reference,
  title: deliberation.title,
  recipient: vocabulary.institution(deliberation.recipient),
  data: formatList(language, [
    ...new Set(deliberation.grants.map(({ dataService }) => vocabulary.dataService(dataService).name)),
  ]),
  state: inForceOn(deliberation, today),
  decidedAt: deliberation.decideTime,
});

/** A grant in words. */
export interface GrantView {
  readonly dataService: string;
  readonly data: Words;
  readonly groups: readonly Words[];
  readonly purposes: readonly Words[];
  readonly contexts: readonly Words[];
  /** Empty: without a beginning and an end. */
  readonly period: string;
  readonly online: boolean;
  readonly subscription: boolean;
  readonly withoutOfficial: boolean;
}

export interface DeliberationView extends DeliberationLine {
  readonly revokedAt: Date | undefined;
  readonly grants: readonly GrantView[];
  /** Of its public text; absent: nobody said where it is. */
  readonly textUrl: string | undefined;
}

export const deliberationView = (
  deliberation: Deliberation,
  vocabulary: Vocabulary,
  shown: { readonly language: Language; readonly today: string; readonly textUrl: string | undefined },
): DeliberationView => ({
  ...deliberationLine(deliberation, vocabulary, shown),
  revokedAt: deliberation.revokeTime,
  grants: deliberation.grants.map((grant) => grantView(grant, vocabulary, shown.language)),
  textUrl: publicTextUrl(shown.textUrl, deliberation.reference),
});

const grantView = (grant: Grant, vocabulary: Vocabulary, language: Language): GrantView => ({
  dataService: grant.dataService,
  data: vocabulary.dataService(grant.dataService),
  groups: grant.fieldGroups.map((group) => vocabulary.fieldGroup(grant.dataService, group)),
  purposes: grant.legalContexts.map((context) => vocabulary.legalContext(context)),
  contexts: grant.inscriptionContexts.map((context) => vocabulary.inscriptionContext(context)),
  period: formatPeriod(language, { from: isoOf(grant.validity?.startDate), to: isoOf(grant.validity?.endDate) }),
  online: grant.online,
  subscription: grant.subscription,
  withoutOfficial: grant.withoutOfficial,
});

/** @param template with `{reference}` in the place of the reference, whose slashes are no folders */
export const publicTextUrl = (template: string | undefined, reference: string): string | undefined => {
  const url = template?.replaceAll('{reference}', () => encodeURIComponent(reference.toWellFormed()));
  return url?.startsWith('https://') && URL.canParse(url) ? url : undefined;
};
