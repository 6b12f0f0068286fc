import { randomInt, randomUUID } from 'node:crypto';
import { ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import type { FileLine } from '../src/inscription/inscription.commands.js';

/** Distinct TST numbers (month 60 to 72): they belong to nobody. */
export const testSsin = (n: number): string => {
  const counter = n % 1_000;
  const day = Math.floor(n / 1_000) % 28;
  const month = Math.floor(n / 28_000) % 12;
  const year = Math.floor(n / 336_000) % 100;
  const nine =
    [year, month + 61, day + 1].map((part) => String(part).padStart(2, '0')).join('') +
    String(counter).padStart(3, '0');
  return nine + ssinCheck(nine, 1900);
};

export interface Person {
  readonly ssin: string;
  readonly personId: string;
}

export const people = (count: number): Person[] =>
  Array.from({ length: count }, (_, n) => ({ ssin: testSsin(n), personId: randomUUID() }));

export const institutions = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => withCbeCheck(String(10_000_000 + n)));

const CONTEXTS = [
  '5/20',
  '7/101',
  '7/104',
  '12/10',
  '12/30',
  '17/1',
  '17/2',
  '17/5',
  '18/1',
  '40/0',
  '21/3',
  '15/10',
  '11/2',
  '16/1',
];

/** A line of a file about somebody, in one of the institution's two contexts, as days from 1990 on; a third have ended. */
export const lineAbout = ({ ssin }: Person, institution: number, line: number): FileLine => {
  const context = CONTEXTS[(institution + (randomInt(4) === 0 ? 1 : 0)) % CONTEXTS.length] ?? '0/0';
  const start = randomInt(-7_305, 6_000);
  const end = randomInt(3) === 0 ? start + 1 + randomInt(4_000) : Number.POSITIVE_INFINITY;
  return { line, ssin, context, period: { start, end } };
};
