import { fields, perContext } from '@crossroads/grpc';
import type { Ssin } from '@crossroads/identifiers';
import type { z } from 'zod';
import { FACTS, type Fact, type FactCase, type FactValue, FIELD_GROUPS } from './facts.js';
import type { Field } from './field.js';

const MAX_FACTS = 200;

/** The facts of a request. */
export const factsSchema = perContext((context) => {
  const contents = FIELD_GROUPS.map((group) => {
    const field: Field<unknown, FactValue['value']> = FACTS[group].record;
    // The compiler does not see that group and value belong together.
    return [FACTS[group].message, field.reader(context).transform((value) => ({ group, value }) as FactValue)];
  });
  const fact = fields.oneof(Object.fromEntries(contents) as Record<FactCase, z.ZodType<FactValue, unknown>>);
  const factMessage = fields
    .message({ period: fields.period, fact })
    .transform(({ period, fact: { value } }): Fact => ({ ...value, period }));
  return fields.list(factMessage, { max: MAX_FACTS });
});

/** Refuses facts that relate a person to themselves. */
export const refuseSelfRelations = (context: z.RefinementCtx, facts: readonly Fact[], ssin: Ssin): void => {
  for (const [index, { group, value }] of facts.entries()) {
    const { message, record } = FACTS[group];
    for (const { key, name } of record.relatives)
      if (Reflect.get(value, name) === ssin)
        fields.refuseAt(
          context,
          ['facts', index, message, key],
          'RELATED_TO_ITSELF',
          'somebody else; nobody is related to themselves',
        );
  }
};
