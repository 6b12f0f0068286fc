import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type IndexedSubscription, type Inscription, SubscriptionIndex } from './subscription-index.js';

const institution = fc.constantFrom('0206731645', '0206731646', '0206731647');
const inscriptionContext = fc.constantFrom('11/1', '11/2');
const dataService = fc.constantFrom('person.identification.v1', 'employment.wages.v1');
const subscriptionId = fc.integer({ min: 0, max: 12 }).map((n) => `subscription ${n}`);

const subscription: fc.Arbitrary<IndexedSubscription> = fc.record({
  subscriptionId,
  institution,
  inscriptionContext,
  dataService,
  legalContext: fc.constant('CIN:INSURABILITY'),
  allInscribed: fc.boolean(),
  laneCount: fc.constant(1),
  content: fc.constant('data'),
  fieldGroups: fc.constant([]),
  encoding: fc.constant('protobuf'),
});
type Change = { readonly put: IndexedSubscription } | { readonly remove: string };
const change: fc.Arbitrary<Change> = fc.oneof(
  subscription.map((put) => ({ put })),
  subscriptionId.map((remove) => ({ remove })),
);
const inscriptions: fc.Arbitrary<Inscription[]> = fc.array(fc.record({ institution, inscriptionContext }), {
  maxLength: 5,
});

describe('the index of subscriptions', () => {
  it('finds what a walk over all subscriptions finds, after any changes', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 40 }),
        dataService,
        inscriptions,
        fc.uniqueArray(subscriptionId),
        (changes, service, inscribed, naming) => {
          const index = new SubscriptionIndex();
          const model = new Map<string, IndexedSubscription>();
          for (const one of changes)
            if ('put' in one) {
              index.put(one.put);
              model.set(one.put.subscriptionId, one.put);
            } else {
              index.remove(one.remove);
              model.delete(one.remove);
            }
          const walked = [...model.values()].filter(
            (one) =>
              one.dataService === service &&
              inscribed.some(
                (at) => at.institution === one.institution && at.inscriptionContext === one.inscriptionContext,
              ) &&
              (one.allInscribed || naming.includes(one.subscriptionId)),
          );
          expect(new Set(index.of(service, inscribed, new Set(naming)))).toEqual(new Set(walked));
          expect(index.of(service, inscribed, new Set(naming))).toHaveLength(walked.length);
          expect(index.hasAnyTo(service)).toBe([...model.values()].some((one) => one.dataService === service));
          expect(index.namesPersons).toBe([...model.values()].some((one) => !one.allInscribed));
        },
      ),
    );
  });

  it('looks at the subscriptions of the inscriptions only, however many there are', () => {
    const index = new SubscriptionIndex();
    let looks = 0;
    for (let n = 0; n < 3_000; n++)
      index.put({
        subscriptionId: `subscription ${n}`,
        institution: `institution ${n}`,
        inscriptionContext: '11/1',
        dataService: 'person.identification.v1',
        legalContext: 'CIN:INSURABILITY',
        laneCount: 1,
        content: 'data',
        fieldGroups: [],
        encoding: 'protobuf',
        get allInscribed() {
          looks++;
          return true;
        },
      });
    looks = 0;
    const inscribed = [5, 50, 500, 2_000, 2_999].map((n) => ({
      institution: `institution ${n}`,
      inscriptionContext: '11/1',
    }));
    expect(index.of('person.identification.v1', inscribed)).toHaveLength(5);
    expect(looks).toBe(5);
  });
});
