import type { Fact as FactMessage, Place as PlaceMessage } from '@crossroads/contracts/person/v1/person';
import { datePartsOf, toWire } from '@crossroads/identifiers';
import type { HeldFact, Place } from '../domain/facts.js';

export const factMessage = (fact: HeldFact): FactMessage => {
  const { startDate, endDate } = toWire(fact.period);
  return {
    period: { startDate: startDate && datePartsOf(startDate), endDate: endDate && datePartsOf(endDate) },
    recordedTime: fact.recordedAt === undefined ? undefined : new Date(fact.recordedAt),
    fact: saidBy(fact),
  };
};

const saidBy = (fact: HeldFact): FactMessage['fact'] => {
  switch (fact.group) {
    case 'name':
      return { $case: 'name', value: fact.value };
    case 'birth':
      return { $case: 'birth', value: { date: datePartsOf(fact.value.date), place: placeOf(fact.value.place) } };
    case 'gender':
      return { $case: 'gender', value: fact.value };
    case 'address': {
      const { street = '', houseNumber = '', boxNumber = '', postalCode = '', ...place } = fact.value;
      return { $case: 'address', value: { street, houseNumber, boxNumber, postalCode, ...placeMessage(place) } };
    }
    case 'civilStatus': {
      const { code, partnerSsin = '' } = fact.value;
      return { $case: 'civilStatus', value: { civilStatusCode: code, partnerSsin } };
    }
    case 'nationality':
      return { $case: 'nationality', value: { nationalityCode: fact.value.code } };
    case 'death':
      return { $case: 'death', value: { date: datePartsOf(fact.value.date), place: placeOf(fact.value.place) } };
    case 'family':
      return { $case: 'familyRelation', value: { relationCode: fact.value.code, relativeSsin: fact.value.ssin } };
  }
};

const placeOf = (place: Place | undefined): PlaceMessage | undefined => place && placeMessage(place);

const placeMessage = ({ municipalityCode = '', municipality = '', countryCode = '' }: Place): PlaceMessage => ({
  municipalityCode,
  municipality,
  countryCode,
});
