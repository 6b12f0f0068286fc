import type { MonthlyFigures } from '@crossroads/contracts/audit/v1/figures_service';
import { csvRecord } from '../text/csv.rules.js';

/** A month of the calendar in Brussels, as `yyyy-mm`. */
export type Month = string;

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

export const isMonth = (text: string): boolean => MONTH.test(text);

export const monthParts = (month: Month): { readonly year: number; readonly month: number } => ({
  year: Number(month.slice(0, 4)),
  month: Number(month.slice(5, 7)),
});

const OFFERED_MONTHS = 24;

/** The last two years, the newest first. @param today `yyyy-mm-dd` */
export const monthsUntil = (today: string): readonly Month[] => {
  const { year, month } = monthParts(today);
  return Array.from({ length: OFFERED_MONTHS }, (_, back) => {
    const count = year * 12 + month - 1 - back;
    return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}`;
  });
};

export const COUNTS = ['consultations', 'refusedConsultations', 'deliveries', 'inscriptions'] as const;
export type Counts = Readonly<Record<(typeof COUNTS)[number], bigint>>;

export interface FiguresLine extends Counts {
  readonly customer: string;
  readonly name: string;
}

/** By name. */
export const figuresLines = (figures: readonly MonthlyFigures[]): readonly FiguresLine[] =>
  figures
    .map(({ customer, customerName, consultations, refusedConsultations, deliveries, inscriptions }) => ({
      customer,
      name: customerName || customer,
      consultations,
      refusedConsultations,
      deliveries,
      inscriptions,
    }))
    .toSorted((one, other) => one.name.localeCompare(other.name));

export const totalsOf = (lines: readonly FiguresLine[]): Counts => {
  const sum = (count: keyof Counts): bigint => lines.reduce((total, line) => total + line[count], 0n);
  return {
    consultations: sum('consultations'),
    refusedConsultations: sum('refusedConsultations'),
    deliveries: sum('deliveries'),
    inscriptions: sum('inscriptions'),
  };
};

/** With the same column names in every language, for programs. */
export const figuresCsv = (month: Month, lines: readonly FiguresLine[]): string =>
  [
    [
      'month',
      'enterprise_number',
      'institution',
      'consultations',
      'refused_consultations',
      'deliveries',
      'inscriptions',
    ],
    ...lines.map((line) => [month, line.customer, line.name, ...COUNTS.map((count) => line[count])]),
  ]
    .map(csvRecord)
    .join('');
