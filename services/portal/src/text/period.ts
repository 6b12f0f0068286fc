import { type DateStyle, formatDay } from './format.js';
import type { Language } from './language.js';
import { periodTexts } from './period.texts.js';

/** Days of which the last one still counts; an absent one leaves its side open. */
export interface Days {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** "from 1 March 2024 to 31 May 2024"; empty for a period that is open on both sides. */
export const formatPeriod = (language: Language, { from, to }: Days, style: DateStyle = 'long'): string => {
  const t = periodTexts(language);
  const first = from ? formatDay(language, from, style) : '';
  const last = to ? formatDay(language, to, style) : '';
  if (first && last) return t('between', { from: first, to: last });
  if (first) return t('since', { from: first });
  return last ? t('until', { to: last }) : '';
};
