import type { OwnFact } from '@crossroads/contracts/person/v1/citizen_service';
import type { Fact, Place } from '@crossroads/contracts/person/v1/person';
import { type DateParts, incompleteDate, type IsoDay } from '@crossroads/identifiers';
import { formatDay, formatSsin } from '../text/format.js';
import { type Language, LOCALES } from '../text/language.js';
import { ownDataTexts } from './own-data.texts.js';

export const FACT_GROUPS = [
  'name',
  'birth',
  'gender',
  'address',
  'civilStatus',
  'nationality',
  'familyRelation',
  'death',
] as const;

type FactGroup = (typeof FACT_GROUPS)[number];

/** A fact in the reader's words. */
export interface KnownFact {
  readonly group: FactGroup;
  readonly words: string;
  readonly from: string;
  readonly to: string;
  readonly knownSince: Date | undefined;
  /** Enterprise number; empty where that was not kept. */
  readonly reporter: string;
  readonly isCurrent: boolean;
}

export const textOfDate = (date: DateParts | undefined): string => (date && incompleteDate(date)) ?? '';

export const knownFactsOf = (language: Language, facts: readonly OwnFact[], today: IsoDay): readonly KnownFact[] =>
  facts.flatMap(({ fact, recordedTime, reporter }) => {
    if (!fact?.fact) return [];
    const group = fact.fact.$case;
    const [from, to] = [textOfDate(fact.period?.startDate), textOfDate(fact.period?.endDate)];
    const isCurrent = (from === '' || from <= today) && (to === '' || today <= to);
    return [{ group, words: wordsOf(language, fact.fact), from, to, knownSince: recordedTime, reporter, isCurrent }];
  });

const wordsOf = (language: Language, fact: NonNullable<Fact['fact']>): string => {
  const t = ownDataTexts(language);
  switch (fact.$case) {
    case 'name':
      return words([...fact.value.givenNames, ...fact.value.familyNames]);
    case 'birth':
    case 'death':
      return dateAndPlace(language, fact.value.date, fact.value.place);
    case 'gender': {
      const code = GENDERS.find((one) => one === `gender_${fact.value.genderCode}`);
      return code ? t(code) : t('code', { code: fact.value.genderCode });
    }
    case 'address': {
      const { street, houseNumber, boxNumber, postalCode, municipality, countryCode } = fact.value;
      const lines = [
        words([street, houseNumber, boxNumber === '' ? '' : `/ ${boxNumber}`]),
        words([postalCode, municipality]),
        countryOf(language, countryCode),
      ];
      return lines.filter((line) => line !== '').join(', ');
    }
    case 'civilStatus': {
      const { civilStatusCode, partnerSsin } = fact.value;
      const code = CIVIL_STATUSES.find((one) => one === `civil_${civilStatusCode}`);
      const status = code ? t(code) : t('code', { code: civilStatusCode });
      return partnerSsin === '' ? status : `${status} (${t('partner', { number: formatSsin(partnerSsin) })})`;
    }
    case 'nationality': {
      const region = NATIONALITIES[fact.value.nationalityCode];
      return region ? regionName(language, region) : t('code', { code: fact.value.nationalityCode });
    }
    case 'familyRelation': {
      const relation = RELATIONS.find((one) => one === fact.value.relationCode) ?? 'relation';
      return t(relation, { number: formatSsin(fact.value.relativeSsin) });
    }
    default:
      return '';
  }
};

const words = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');

const dateAndPlace = (language: Language, date: DateParts | undefined, place: Place | undefined): string => {
  const day = formatDay(language, textOfDate(date));
  const where = [place?.municipality ?? '', countryOf(language, place?.countryCode ?? '')].filter(Boolean).join(', ');
  return day !== '' && where !== '' ? ownDataTexts(language)('at', { date: day, place: where }) : day || where;
};

const GENDERS = ['gender_0', 'gender_1', 'gender_2', 'gender_9'] as const;
/** Of the National Register; others are shown as their code. */
const CIVIL_STATUSES = ['civil_10', 'civil_20', 'civil_30', 'civil_40', 'civil_50'] as const;
const RELATIONS = ['SPOUSE', 'PARENT', 'CHILD', 'PARTNER'] as const;

/** ISO 3166-1 alpha-3 of the countries that are common here; `Intl` knows only alpha-2. Others are shown as their code. */
const COUNTRIES: Readonly<Record<string, string>> = {
  BEL: 'BE',
  NLD: 'NL',
  FRA: 'FR',
  DEU: 'DE',
  LUX: 'LU',
  GBR: 'GB',
  ITA: 'IT',
  ESP: 'ES',
  PRT: 'PT',
  POL: 'PL',
  ROU: 'RO',
  BGR: 'BG',
  GRC: 'GR',
  MAR: 'MA',
  TUR: 'TR',
  COD: 'CD',
  UKR: 'UA',
  SYR: 'SY',
  AFG: 'AF',
  USA: 'US',
};

/** NIS codes of the nationalities that are certain; others are shown as their code. */
const NATIONALITIES: Readonly<Record<string, string>> = {
  '150': 'BE',
  '111': 'FR',
  '129': 'NL',
  '103': 'DE',
  '113': 'LU',
};

const countryOf = (language: Language, code: string): string => {
  const region = COUNTRIES[code];
  return region ? regionName(language, region) : code;
};

const regionName = (language: Language, region: string): string =>
  new Intl.DisplayNames(LOCALES[language], { type: 'region' }).of(region) ?? region;
