/** A number of the Crossroads Bank for Enterprises (CBE/KBO/BCE): ten digits, the first 0 or 1. */
export type EnterpriseNumber = string & { readonly __brand: 'EnterpriseNumber' };
/** An establishment unit of an enterprise: ten digits, the first 2 to 8. */
export type EstablishmentNumber = string & { readonly __brand: 'EstablishmentNumber' };

export type CbeNumberIssue = 'malformed' | 'checksum';

export type ParsedNumber<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issue: CbeNumberIssue };

export const enterpriseNumberMessages: Readonly<Record<CbeNumberIssue, string>> = {
  malformed: 'an enterprise number is ten digits, the first 0 or 1; send only the digits, with the leading 0',
  checksum:
    'the last two digits of an enterprise number are 97 minus the first eight modulo 97; check for a typing error',
};

export const establishmentNumberMessages: Readonly<Record<CbeNumberIssue, string>> = {
  malformed: 'an establishment unit number is ten digits, the first 2 to 8; send only the digits',
  checksum:
    'the last two digits of an establishment unit number are 97 minus the first eight modulo 97; check for a typing error',
};

const parse = <Value extends string>(text: string, pattern: RegExp): ParsedNumber<Value> => {
  if (!pattern.test(text)) return { ok: false, issue: 'malformed' };
  if (97 - (Number(text.slice(0, 8)) % 97) !== Number(text.slice(8))) return { ok: false, issue: 'checksum' };
  return { ok: true, value: text as Value };
};

export const parseEnterpriseNumber = (text: string): ParsedNumber<EnterpriseNumber> => parse(text, /^[01][0-9]{9}$/);

export const parseEstablishmentNumber = (text: string): ParsedNumber<EstablishmentNumber> =>
  parse(text, /^[2-8][0-9]{9}$/);

export const isEnterpriseNumber = (value: unknown): value is EnterpriseNumber =>
  typeof value === 'string' && parseEnterpriseNumber(value).ok;

/** The whole number from its first eight digits: for demo institutions. */
export const withCbeCheck = (eight: string): string => eight + String(97 - (Number(eight) % 97)).padStart(2, '0');
