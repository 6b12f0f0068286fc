import { DELIVERIES, EBOX_EVENTS, kafkaPrincipalOfKey, topicOfInstitution } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { type AccessPolicy, wantedAccess } from './wanted-access.js';

const NUMBER = '0206731645';
const KEYS: Readonly<Record<string, readonly string[]>> = { subscribe: ['reads', 'both'], publish: ['sends', 'both'] };

const policy: AccessPolicy = {
  subscribers: () => [NUMBER],
  documentProviderNumbers: () => [NUMBER],
  keysOf: (_number, rights) =>
    rights.flatMap((right) => KEYS[right] ?? []).map((application) => ({ application, spki: 'key' })),
};

const resourcesOf = (application: string): string[] => {
  const principal = kafkaPrincipalOfKey({ enterpriseNumber: NUMBER, application, spki: 'key' });
  return wantedAccess(policy)
    .rights.filter((right) => right.principal === principal)
    .map(({ resourceName }) => resourceName)
    .toSorted((a, b) => a.localeCompare(b));
};

const deliveries = topicOfInstitution(DELIVERIES, NUMBER);
const events = topicOfInstitution(EBOX_EVENTS, NUMBER);

describe('rights on the broker', () => {
  it('to the topics of an institution are those of its applications with the right for each', () => {
    expect(resourcesOf('reads')).toEqual([NUMBER, deliveries]);
    expect(resourcesOf('sends')).toEqual([NUMBER, events]);
    expect(resourcesOf('both')).toEqual([NUMBER, deliveries, events]);
    expect(resourcesOf('other')).toEqual([]);
  });
});
