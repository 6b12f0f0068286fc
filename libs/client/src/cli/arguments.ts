import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isoDay, parseIsoDay } from '@crossroads/identifiers';
import { UsageError } from './mesh-file.js';

/** A day of an option as a `google.type.Date`. */
export const dateOf = (option: string, text: string | undefined) => {
  if (text === undefined) return undefined;
  const day = parseIsoDay(text);
  if (day === undefined) throw new UsageError(`${option}: a day is written yyyy-mm-dd`);
  const [year, month, dayOfMonth] = day.split('-').map(Number);
  return { year: year ?? 0, month: month ?? 0, day: dayOfMonth ?? 0 };
};

export const isoToday = (): string => {
  const now = new Date();
  return isoDay(now.getFullYear(), now.getMonth() + 1, now.getDate()) ?? '';
};

/** Whom a certificate names. */
export const enterpriseNumberOf = (certificate: string): string => {
  const found = /^O=(\d{10})$/m.exec(new X509Certificate(readFileSync(certificate)).subject);
  if (!found?.[1]) throw new UsageError('this certificate is not that of an institution');
  return found[1];
};
