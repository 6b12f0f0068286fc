import type { IsoDay } from '@crossroads/identifiers';

export type Language = 'nl' | 'fr' | 'de' | 'en';

/** A day of which month and day may not be known (0), as it is on the wire. */
export interface PartialDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** What stands in the place of placeholders. */
export interface NoticeValues {
  readonly institution: string;
  readonly dataService: string;
  readonly effectiveDay: PartialDay;
  readonly reference?: string;
}

const PLACEHOLDER = /\{(\w+)\}/g;

/** The names of the placeholders in texts. */
export const placeholdersOf = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name))),
];

/** A text with its placeholders filled in; what is filled in is not searched for placeholders again. */
export const filledIn = (text: string, values: NoticeValues, language: Language): string => {
  const { effectiveDay, ...others } = values;
  const all = new Map<string, string>([
    ...Object.entries(others),
    ['effectiveDay', writtenDay(effectiveDay, language)],
  ]);
  return text.replaceAll(PLACEHOLDER, (placeholder, name: string) => all.get(name) ?? placeholder);
};

/** As people write it, as far as it is known. */
const writtenDay = ({ year, month, day }: PartialDay, language: Language): string => {
  if (month === 0) return String(year);
  const format = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'long',
    ...(day === 0 ? {} : { day: 'numeric' }),
    timeZone: 'UTC',
  });
  return format.format(new Date(Date.UTC(year, month - 1, Math.max(day, 1))));
};

export const partialDayOf = (day: IsoDay | string): PartialDay => {
  const [year = 0, month = 0, dayOfMonth = 0] = day.split('-').map(Number);
  return { year, month, day: dayOfMonth };
};
