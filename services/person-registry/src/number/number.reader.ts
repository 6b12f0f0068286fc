import { fields, perContext } from '@crossroads/grpc';
import { parseSsin, type Ssin, type SsinKind } from '@crossroads/identifiers';

/** A number that was given in a request. */
export interface GivenNumber {
  readonly ssin: Ssin;
  readonly kind: SsinKind;
}

export const givenNumber = perContext((context) =>
  fields.ssin(context).transform((ssin): GivenNumber => {
    const parsed = parseSsin(ssin, context);
    if (!parsed.ok) throw new TypeError('an SSIN was read that cannot be parsed');
    return { ssin: parsed.ssin, kind: parsed.kind };
  }),
);
