/** What a query or a form holds, as Express reads it: anything may come. */
export type FormInput = Readonly<Record<string, unknown>>;

/** One field, without spaces around it; empty when it is absent or there are several of it. */
export const textOf = (input: FormInput | undefined, name: string): string => {
  const value = input !== undefined && Object.hasOwn(input, name) ? input[name] : undefined;
  return typeof value === 'string' ? value.trim() : '';
};

/** Values of the three fields of a `DateInput`. */
export interface DayParts {
  readonly day: string;
  readonly month: string;
  readonly year: string;
}

const DAY_FIELDS = ['year', 'month', 'day'] as const;

/**
 * A day as `yyyy-mm-dd`: one field, or the three of a `DateInput`. What was typed and is no day comes back as text that is no day
 * either; empty when nothing was typed.
 */
export const typedDay = (input: FormInput | undefined, name: string): string => {
  const parts = DAY_FIELDS.map((part) => textOf(input, `${name}-${part}`).replaceAll('-', ''));
  if (parts.every((part) => part === '')) return textOf(input, name);
  const [year = '', month = '', day = ''] = parts;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
};

/** What a `DateInput` shows of it. */
export const dayParts = (day: string): DayParts => {
  const [year = '', month = '', date = ''] = day.split('-');
  return { year, month: month.replace(/^0+/, ''), day: date.replace(/^0+/, '') };
};
