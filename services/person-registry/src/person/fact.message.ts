import type { Fact as FactMessage } from '@crossroads/contracts/person/v1/person';
import { datePartsOf, toWire } from '@crossroads/identifiers';
import { FACTS, type FactValue, type HeldFact } from './facts.js';
import type { Field } from './field.js';

export const factMessage = ({ group, value, period, recordedAt }: HeldFact): FactMessage => {
  const { startDate, endDate } = toWire(period);
  const { message } = FACTS[group];
  const field: Field<unknown, FactValue['value']> = FACTS[group].record;
  return {
    period: { startDate: startDate && datePartsOf(startDate), endDate: endDate && datePartsOf(endDate) },
    recordedTime: recordedAt === undefined ? undefined : new Date(recordedAt),
    // The compiler does not see that message and value belong together.
    fact: { $case: message, value: field.write(value) } as FactMessage['fact'],
  };
};
