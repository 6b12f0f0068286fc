/** A number that the NSSO gave to an employer, definitive, provisional, or of a provincial or local administration. */
export type EmployerId = bigint & { readonly __brand: 'EmployerId' };

export type EmployerIdIssue = 'malformed' | 'checksum';

export type ParsedEmployerId =
  | { readonly ok: true; readonly employerId: EmployerId }
  | { readonly ok: false; readonly issue: EmployerIdIssue };

export const employerIdMessages: Readonly<Record<EmployerIdIssue, string>> = {
  malformed: 'an employer id is a number from 197 to 5999999999; send only the digits, without leading zeros',
  checksum: 'the last two digits of an employer id follow from those before them; check for a typing error',
};

const MIN = 197n;
const MAX = 5_999_999_999n;

const nssoCheck = (radix: bigint): bigint => {
  const check = 96n - ((radix * 100n) % 97n);
  return check === 0n ? 97n : check;
};

/** Provincial and local administrations (up to 99999926) have their own check number, or the ordinary one. */
const localCheck = (id: bigint): bigint | undefined => {
  if (id > 99_999_926n) return undefined;
  const check = (id / 100n) % 97n;
  return check === 0n ? 97n : check;
};

/** The rule is belgif's EmployerIdValidator. */
export const parseEmployerId = (text: string): ParsedEmployerId => {
  if (!/^[1-9][0-9]{2,9}$/.test(text)) return { ok: false, issue: 'malformed' };
  const id = BigInt(text);
  if (id < MIN || id > MAX) return { ok: false, issue: 'malformed' };
  const check = id % 100n;
  if (check !== nssoCheck(id / 100n) && check !== localCheck(id)) return { ok: false, issue: 'checksum' };
  return { ok: true, employerId: id as EmployerId };
};
