import {
  type Consent,
  type Delegate,
  Language as LanguageMessage,
} from '@crossroads/contracts/ebox/v1/mailbox_service';
import { datePartsOf, type IsoDay, parseIsoDay } from '@crossroads/identifiers';
import { type FormInput, textOf, typedDay } from '../../page/form-input.rules.js';
import { isLanguage, type Language } from '../../text/language.js';
import { isoOf, printable } from '../message.rules.js';

/** Where people read who use these pages. */
export const OWN_CHANNEL = 'MY_EBOX';

const CHANNEL = /^[A-Z0-9_]{1,32}$/;

export const channelOf = (input: FormInput): string | undefined => {
  const channel = textOf(input, 'channel');
  return CHANNEL.test(channel) ? channel : undefined;
};

/** Channels with a consent, by their last step. @param consents newest first */
export const channelsInForce = (consents: readonly Consent[]): readonly string[] => {
  const last = new Map<string, boolean>();
  for (const { channel, given } of consents) if (!last.has(channel)) last.set(channel, given);
  return [...last].flatMap(([channel, given]) => (given ? [channel] : [])).toSorted();
};

export interface DelegateLine {
  readonly delegationId: string;
  readonly label: string;
  readonly from: string;
  readonly to: string;
  readonly state: 'inForce' | 'later' | 'ended' | 'removed';
}

export const delegateLine = ({ delegationId, label, period, removeTime }: Delegate, today: IsoDay): DelegateLine => {
  const from = period?.startDate ? isoOf(period.startDate) : '';
  const to = period?.endDate ? isoOf(period.endDate) : '';
  return {
    delegationId,
    label: printable(label),
    from,
    to,
    state: stateOf({ from, to, isRemoved: !!removeTime }, today),
  };
};

const stateOf = (
  { from, to, isRemoved }: { readonly from: string; readonly to: string; readonly isRemoved: boolean },
  today: IsoDay,
): DelegateLine['state'] => {
  if (isRemoved) return 'removed';
  if (to !== '' && to < today) return 'ended';
  return from > today ? 'later' : 'inForce';
};

const MESSAGES = {
  nl: LanguageMessage.LANGUAGE_NL,
  fr: LanguageMessage.LANGUAGE_FR,
  de: LanguageMessage.LANGUAGE_DE,
  en: LanguageMessage.LANGUAGE_EN,
} as const satisfies Record<Language, LanguageMessage>;

export const languageMessage = (language: Language): LanguageMessage => MESSAGES[language];

export const languageOfMessage = (message: LanguageMessage | undefined): Language | '' =>
  Object.keys(MESSAGES)
    .filter(isLanguage)
    .find((language) => MESSAGES[language] === message) ?? '';

export interface TypedPreferences {
  readonly language: Language | '';
  readonly exclusively: boolean;
  readonly address: string;
}

export const typedPreferences = (input: FormInput): TypedPreferences => {
  const language = textOf(input, 'language');
  return {
    language: isLanguage(language) ? language : '',
    exclusively: textOf(input, 'exclusively') !== '',
    address: textOf(input, 'address'),
  };
};

/** What somebody typed about who may read. */
export interface TypedDelegate {
  readonly number: string;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export const typedDelegate = (input: FormInput): TypedDelegate => ({
  number: textOf(input, 'number'),
  label: textOf(input, 'label'),
  from: typedDay(input, 'from'),
  to: typedDay(input, 'to'),
});

/** A number as it stands on a card: `85.07.30-033.28`. */
export const digitsOf = (number: string): string => number.replaceAll(/[\s.-]/g, '');

export const periodOf = ({ from, to }: TypedDelegate) => ({ startDate: partsOf(from), endDate: partsOf(to) });

const partsOf = (text: string) => {
  const day = parseIsoDay(text);
  return day && datePartsOf(day);
};

type SettingsField = 'language' | 'address' | 'number' | 'label' | 'from' | 'to';
type SettingsProblem =
  | 'noLanguage'
  | 'noAddress'
  | 'noNumber'
  | 'wrongNumber'
  | 'unknownNumber'
  | 'replacedNumber'
  | 'canceledNumber'
  | 'ownNumber'
  | 'noLabel'
  | 'noDay'
  | 'endsBeforeItBegins'
  | 'periodEnded';
export type SettingsProblems = Partial<Record<SettingsField, SettingsProblem>>;

const MAX_LABEL_LENGTH = 64;

/** What can be said without asking anybody. */
export const delegateProblems = (typed: TypedDelegate): SettingsProblems => ({
  ...numberProblem(digitsOf(typed.number)),
  ...(typed.label === '' || typed.label.length > MAX_LABEL_LENGTH ? { label: 'noLabel' } : {}),
  ...(typed.from !== '' && !parseIsoDay(typed.from) ? { from: 'noDay' } : {}),
  ...toProblem(typed),
});

const numberProblem = (digits: string): SettingsProblems => {
  if (digits === '') return { number: 'noNumber' };
  // Its check digits are the eBox' to judge, which knows whether test numbers are taken.
  return /^\d{11}$/.test(digits) ? {} : { number: 'wrongNumber' };
};

const toProblem = ({ from, to }: TypedDelegate): SettingsProblems => {
  if (to !== '' && !parseIsoDay(to)) return { to: 'noDay' };
  return parseIsoDay(from) && to !== '' && to < from ? { to: 'endsBeforeItBegins' } : {};
};

/** Fields of requests, with the field of a form that they come from. */
const FORM_FIELDS: ReadonlyMap<string, SettingsField> = new Map([
  ['preferences.language', 'language'],
  ['preferences.notification_address', 'address'],
  ['ssin', 'number'],
  ['label', 'label'],
  ['period.start_date', 'from'],
  ['period.end_date', 'to'],
]);

const NUMBER_PROBLEMS: ReadonlyMap<string, SettingsProblem> = new Map([
  ['REQUIRED', 'noNumber'],
  ['UNKNOWN_SSIN', 'unknownNumber'],
  ['REPLACED_SSIN', 'replacedNumber'],
  ['CANCELED_SSIN', 'canceledNumber'],
  ['OWN_SSIN', 'ownNumber'],
]);

/** @returns nothing when a field is wrong that nobody typed */
export const problemsOfViolations = (
  violations: readonly { readonly field: string; readonly reason: string }[],
): SettingsProblems | undefined => {
  const problems: Partial<Record<SettingsField, SettingsProblem>> = {};
  for (const { field, reason } of violations) {
    const name = FORM_FIELDS.get(field);
    if (name === undefined) return undefined;
    problems[name] ??= problemOf(name, reason);
  }
  return violations.length === 0 ? undefined : problems;
};

const problemOf = (field: SettingsField, reason: string): SettingsProblem => {
  switch (field) {
    case 'language':
      return 'noLanguage';
    case 'address':
      return 'noAddress';
    case 'number':
      return NUMBER_PROBLEMS.get(reason) ?? 'wrongNumber';
    case 'label':
      return 'noLabel';
    case 'from':
      return 'noDay';
    case 'to':
      if (reason === 'PERIOD_ENDED') return 'periodEnded';
      return reason === 'INVALID_DATE' ? 'noDay' : 'endsBeforeItBegins';
  }
};

const SETTINGS_DONE = ['consent', 'withdrawn', 'still', 'preferences', 'added', 'removed'] as const;
export type SettingsDone = (typeof SETTINGS_DONE)[number];

export const settingsDoneOf = (text: string): SettingsDone | undefined => SETTINGS_DONE.find((one) => one === text);
