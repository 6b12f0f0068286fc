import { LOCALES, type Language } from './language.js';

/** `long` names the month, `short` writes it as a number. */
export type DateStyle = 'long' | 'short';

const BRUSSELS = 'Europe/Brussels';

const once = <Format>(make: (language: Language, style: DateStyle) => Format) => {
  const made = new Map<string, Format>();
  return (language: Language, style: DateStyle = 'long'): Format => {
    const key = `${language} ${style}`;
    const format = made.get(key) ?? make(language, style);
    made.set(key, format);
    return format;
  };
};

const dateOptions = (style: DateStyle): Intl.DateTimeFormatOptions => ({
  day: style === 'long' ? 'numeric' : '2-digit',
  month: style === 'long' ? 'long' : '2-digit',
  year: 'numeric',
});

const days = once(
  (language, style) => new Intl.DateTimeFormat(LOCALES[language], { ...dateOptions(style), timeZone: 'UTC' }),
);
const months = once(
  (language) => new Intl.DateTimeFormat(LOCALES[language], { month: 'long', year: 'numeric', timeZone: 'UTC' }),
);
const datesOfInstants = once(
  (language, style) => new Intl.DateTimeFormat(LOCALES[language], { ...dateOptions(style), timeZone: BRUSSELS }),
);
const times = once(
  (language) =>
    new Intl.DateTimeFormat(LOCALES[language], {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: BRUSSELS,
    }),
);
const lists = once((language) => new Intl.ListFormat(LOCALES[language], { type: 'conjunction' }));
const numbers = once((language) => new Intl.NumberFormat(LOCALES[language]));

/** French says "1er janvier", which no Intl format does. */
const dateOf = (language: Language, style: DateStyle, format: Intl.DateTimeFormat, date: Date): string =>
  language === 'fr' && style === 'long' ? format.format(date).replace(/^1 /, '1er ') : format.format(date);

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * A day of the calendar, wherever the reader is: `2026-11-28`. A day of birth may lack its day, or its month too (`1985-07-00`,
 * `1985-00-00`): what is known is written. Anything else is written as it is.
 */
export const formatDay = (language: Language, day: string, style: DateStyle = 'long'): string => {
  const [, year, month, date] = DAY.exec(day) ?? [];
  if (year === undefined || month === undefined || date === undefined) return day;
  if (month === '00') return String(Number(year));
  const known = new Date(`${year}-${month}-${date === '00' ? '01' : date}T00:00:00Z`);
  if (Number.isNaN(known.getTime())) return day;
  return date === '00' ? months(language).format(known) : dateOf(language, style, days(language, style), known);
};

/** The day and minute at which something happened, in Belgium. */
export const formatInstant = (language: Language, instant: Date, style: DateStyle = 'long'): string =>
  `${formatDayOf(language, instant, style)}, ${formatTime(language, instant)}`;

/** The day on which something happened, in Belgium. */
export const formatDayOf = (language: Language, instant: Date, style: DateStyle = 'long'): string =>
  dateOf(language, style, datesOfInstants(language, style), instant);

/** `14:05`, in Belgium. */
export const formatTime = (language: Language, instant: Date): string => times(language).format(instant);

/** "a, b and c". */
export const formatList = (language: Language, items: readonly string[]): string => lists(language).format(items);

export const formatNumber = (language: Language, value: number | bigint): string => numbers(language).format(value);

/** 0999.000.129; anything that is no enterprise number as it is. */
export const formatEnterpriseNumber = (digits: string): string => digits.replace(/^(\d{4})(\d{3})(\d{3})$/, '$1.$2.$3');

/** 85.07.30-033.28, as on an identity card; anything that is no SSIN as it is. */
export const formatSsin = (digits: string): string =>
  digits.replace(/^(\d{2})(\d{2})(\d{2})(\d{3})(\d{2})$/, '$1.$2.$3-$4.$5');
