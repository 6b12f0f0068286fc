import { ssinCheck } from '@crossroads/identifiers';

/** The n-th of many TST numbers (month 61): they belong to nobody. */
export const testNumber = (n: number): string => {
  const nine = `80${61 + Math.floor(n / 27_000)}${String(1 + (Math.floor(n / 1_000) % 27)).padStart(2, '0')}${String(n % 1_000).padStart(3, '0')}`;
  return nine + ssinCheck(nine, 1900);
};

let last = 0;
/** One that nobody else in this file has. */
export const nextNumber = (): string => testNumber(++last);
