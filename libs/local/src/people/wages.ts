import type { IsoDay } from '@crossroads/identifiers';
import { type Element, elements, readAnswers, textOf } from './answers.js';
import { byPerson, type SourceFile } from './source-file.js';

/** `employment.wages.v1`; described in `data-services/employment.wages.v1.json`. Amounts in euro, all numbers as text. */
export interface Wages {
  readonly wages: readonly QuarterlyWage[];
}

export interface QuarterlyWage {
  /** `2023-Q3`. */
  readonly quarter: string;
  readonly employer: { readonly enterpriseNumber?: string; readonly nssoNumber?: string; readonly name?: string };
  readonly employments: readonly Employment[];
  readonly amounts?: { readonly grossWage?: string; readonly guaranteedSickPay?: string; readonly currency: 'EUR' };
}

export interface Employment {
  readonly startDate?: string;
  readonly endDate?: string;
  readonly jointCommittee?: string;
  readonly daysPerWeek?: string;
  readonly hoursPerWeek?: string;
  readonly daysWorked?: string;
  readonly municipalityCode?: string;
}

/** DmfA declarations of `Werk/GeefDmfaVoorWerknemer`, by SSIN; without those that a later version replaced. */
export const readWages = (folder: string, today: IsoDay): Promise<SourceFile<Wages>> =>
  byPerson(readAnswers(folder, 'Werk', 'GeefDmfaVoorWerknemer'), today, (content) => {
    const attests = elements(content, 'Attesten', 'Attest');
    const numbers = new Set(attests.map((attest) => textOf(attest, 'Identificatie', 'Nummer')));
    const current = attests.filter((attest) => {
      const next = textOf(attest, 'Versie', 'Volgende');
      return next === undefined || !numbers.has(next);
    });
    const ssin = attests.flatMap((attest) => textOf(attest, 'AangifteWerkgever', 'Werknemer', 'INSZ') ?? [])[0];
    const wages = current.flatMap(wageOf).sort((a, b) => (a.quarter < b.quarter ? -1 : 1));
    return { ssin, data: wages.length > 0 ? { wages } : undefined };
  });

const wageOf = (attest: Element): QuarterlyWage[] => {
  const [declaration] = elements(attest, 'AangifteWerkgever');
  const [, year, quarter] = /^(\d{4})([1-4])$/.exec(textOf(declaration, 'Kwartaal') ?? '') ?? [];
  if (year === undefined || quarter === undefined) return [];
  const jobs = elements(declaration, 'Werknemer', 'Werknemerslijn', 'Tewerkstellingen', 'Tewerkstelling');
  const amounts = amountsOf(jobs);
  return [
    {
      quarter: `${year}-Q${quarter}`,
      employer: {
        ...given('enterpriseNumber', textOf(declaration, 'Ondernemingsnummer')),
        ...given('nssoNumber', textOf(declaration, 'RSZNummer')),
        ...given('name', textOf(declaration, 'Naam')),
      },
      employments: jobs.map(employmentOf),
      ...(amounts ? { amounts } : {}),
    },
  ];
};

const employmentOf = (job: Element): Employment => ({
  ...given('startDate', textOf(job, 'Periode', 'Begin')),
  ...given('endDate', textOf(job, 'Periode', 'Einde')),
  ...given('jointCommittee', textOf(job, 'ParitairComite')),
  ...given('daysPerWeek', decimal(textOf(job, 'AantalWerkdagenPerWeek'))),
  ...given('hoursPerWeek', decimal(textOf(job, 'GemiddeldAantalUrenPerWeek', 'Werknemer'))),
  ...given('daysWorked', sum(elements(job, 'Prestaties', 'Prestatie').map((work) => textOf(work, 'Dagen')))),
  ...given('municipalityCode', textOf(job, 'LokaleEenheid', 'NISCode')),
});

const amountsOf = (jobs: readonly Element[]): QuarterlyWage['amounts'] => {
  const paid = jobs.flatMap((job) => elements(job, 'Bezoldigingen', 'Bezoldiging'));
  const grossWage = sum(paid.map((pay) => textOf(pay, 'Bedrag')));
  const guaranteedSickPay = sum(jobs.map((job) => textOf(job, 'Informatie', 'BrutoLoonZiekte')));
  if (grossWage === undefined && guaranteedSickPay === undefined) return undefined;
  return { ...given('grossWage', grossWage), ...given('guaranteedSickPay', guaranteedSickPay), currency: 'EUR' };
};

/** DmfA writes amounts, days and hours as a number of hundredths; some files have decimals with a point. */
const hundredths = (text: string | undefined): bigint | undefined => {
  const [, whole, fraction] = /^(-?\d{1,15})(?:[.,](\d{1,2}))?$/.exec(text ?? '') ?? [];
  if (whole === undefined) return undefined;
  if (fraction === undefined) return BigInt(whole);
  return BigInt(`${whole}${fraction.padEnd(2, '0')}`);
};

const shown = (value: bigint): string => {
  const digits = String(value < 0n ? -value : value).padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const decimal = (text: string | undefined): string | undefined => {
  const value = hundredths(text);
  return value === undefined ? undefined : shown(value);
};

const sum = (texts: readonly (string | undefined)[]): string | undefined => {
  const values = texts.flatMap((text) => hundredths(text) ?? []);
  return values.length === 0 ? undefined : shown(values.reduce((total, value) => total + value, 0n));
};

const given = <Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: string });
