import { type Read, readSsin, type ValidationContext } from '@crossroads/grpc';
import { parseSsin, type Ssin } from '@crossroads/identifiers';
import type { SsinKind } from '@crossroads/identifiers';

/** A number that was given in a request. */
export interface GivenNumber {
  readonly ssin: Ssin;
  readonly kind: SsinKind;
}

export const readNumber = (field: string, raw: string, context: ValidationContext): Read<GivenNumber> => {
  const read = readSsin(field, raw, context);
  if (!read.ok) return read;
  const parsed = parseSsin(read.value, context);
  if (!parsed.ok) throw new TypeError('an SSIN was read that cannot be parsed');
  return { ok: true, value: { ssin: parsed.ssin, kind: parsed.kind } };
};
