import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGrants, type CompiledGrant, SharedNames } from './compiled-grant.js';
import { deliberation, grant } from './decide.examples.js';
import { PolicyIndex } from './policy.js';

const recipients = ['one', 'two'];
const services = ['wages.v1', 'health.v1', 'pensions.v1'];
const contexts = ['A:A', 'B:B', 'C:C'];
const { DELIBERATION_STATE_APPROVED, DELIBERATION_STATE_REVOKED, DELIBERATION_STATE_SUBMITTED } = DeliberationState;

const anyGrant = fc
  .record({ dataService: fc.constantFrom(...services), legalContexts: fc.subarray(contexts) })
  .map((drawn) => grant(drawn));
/** A few ids, so that most changes replace a deliberation, often with another recipient. */
const anyChange = fc.record({
  id: fc.constantFrom('d1', 'd2', 'd3', 'd4'),
  recipient: fc.constantFrom(...recipients),
  state: fc.constantFrom(DELIBERATION_STATE_APPROVED, DELIBERATION_STATE_REVOKED, DELIBERATION_STATE_SUBMITTED),
  grants: fc.array(anyGrant, { maxLength: 4 }),
});

const sorted = (grants: Iterable<CompiledGrant>): string[] => [...grants].map((one) => JSON.stringify(one)).sort();

describe('the index of a policy', () => {
  it('answers after any changes as a scan of the deliberations would', () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 30 }), (changes) => {
        const index = new PolicyIndex();
        const scanned = new Map<string, { readonly recipient: string; readonly grants: readonly CompiledGrant[] }>();
        for (const { id, recipient, state, grants } of changes) {
          const { entity } = deliberation(id, grants, { recipient, state });
          index.apply({ entity }, 1n);
          if (entity?.$case !== 'deliberation') throw new TypeError('not a deliberation');
          scanned.set(id, { recipient, grants: compileGrants(entity.value, new SharedNames()) });
        }
        for (const recipient of recipients)
          for (const service of services) {
            const expected = [...scanned.values()]
              .filter((one) => one.recipient === recipient)
              .flatMap(({ grants }) => grants.filter(({ dataService }) => dataService === service));
            const found = index.grantsOf(recipient, service);
            expect(sorted(found ?? [])).toEqual(sorted(expected));
            expect(found === undefined).toBe(expected.length === 0);
          }
        const all = [...scanned.values()].flatMap(({ grants }) => grants);
        for (const context of contexts)
          expect(index.knowsLegalContext(context)).toBe(
            all.some(({ legalContexts }) => legalContexts.includes(context)),
          );
      }),
    );
  });
});
