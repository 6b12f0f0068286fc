import { fields } from '@crossroads/grpc';
import type { PaymentContent } from '../message/message-content.js';
import { line } from './printable-text.reader.js';

const MAX_REFERENCE = 140;
const AMOUNT = /^(0|[1-9]\d{0,14})(\.\d{1,2})?$/;
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;
const STRUCTURED = /^\+\+\+(\d{3})\/(\d{4})\/(\d{3})(\d{2})\+\+\+$/;
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const amount = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: an amount, for example 125.50');
  if (!AMOUNT.test(raw)) return refuse('MALFORMED_AMOUNT', 'digits, and at most two more after a point: 125.50');
  return /[1-9]/.test(raw) ? raw : refuse('INVALID_AMOUNT', 'an amount is more than 0');
});

const currency = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: a currency, for example EUR');
  return CURRENCIES.has(raw) ? raw : refuse('UNKNOWN_CURRENCY', 'three capitals, as in ISO 4217');
});

const iban = fields.field((raw: string, refuse): string => {
  if (raw === '') return refuse('REQUIRED', 'needed: the IBAN of the account');
  if (!IBAN.test(raw)) return refuse('MALFORMED_IBAN', 'country, two check digits and account, without spaces');
  return hasIbanChecksum(raw) ? raw : refuse('IBAN_CHECKSUM', 'the check digits do not fit the account; check it');
});

/** ISO 13616: the first four characters moved to the end, letters as 10 to 35, modulo 97. */
const hasIbanChecksum = (text: string): boolean => {
  const digits = (text.slice(4) + text.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
};

const reference = line({ max: MAX_REFERENCE }).transform((text, context): string => {
  if (!text.startsWith('+++')) return text;
  const [, first, second, third, check] = STRUCTURED.exec(text) ?? [];
  // 97 stands for a remainder of 0.
  const expected = Number(BigInt(`${first ?? ''}${second ?? ''}${third ?? ''}` || '0') % 97n) || 97;
  if (check === undefined || Number(check) !== expected)
    fields.refuseAt(
      context,
      [],
      'INVALID_REFERENCE',
      'structured: +++123/4567/89012+++, the last two digits modulo 97',
    );
  return text;
});

export const payment = fields
  .message({ amount, currency, iban, reference: fields.optional(reference), dueDate: fields.optional(fields.day) })
  .transform(({ reference: text = '', dueDate, ...rest }): PaymentContent => {
    return { ...rest, reference: text, ...(dueDate === undefined ? {} : { dueOn: dueDate }) };
  });
