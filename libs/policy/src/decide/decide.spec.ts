import {
  type Deliberation,
  DeliberationState,
  type Grant,
  type PolicyEntity,
} from '@crossroads/contracts/authorization/v1/policy';
import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  application,
  dataService,
  day,
  deliberation,
  examplePolicy,
  examples,
  grant,
  healthFund,
  institution,
  peerOf,
  period,
  question,
  wages,
  welfareOffice,
} from './decide.examples.js';
import { type Decision, decide, type Question, refusalReasons } from './decide.js';
import { PolicyIndex } from './policy.js';

describe('decide', () => {
  const policy = PolicyIndex.of(examplePolicy, 7n);

  it.each(examples)('$name', ({ asked, expected }) => {
    const decision = decide(policy, { ...question, ...asked });
    const wanted: Decision =
      typeof expected === 'string'
        ? { allowed: false, reason: expected, policyRevision: 7n }
        : {
            allowed: true,
            fieldGroups: expected.groups,
            deliberationIds: [expected.by[0] ?? '', ...expected.by.slice(1)],
            cutFieldGroups: expected.cut ?? [],
            policyRevision: 7n,
          };
    expect(decision).toEqual(wanted);
  });

  it('there is an example of each reason', () => {
    const shown = new Set(examples.map(({ expected }) => (typeof expected === 'string' ? expected : 'allowed')));
    expect(refusalReasons.filter((reason) => !shown.has(reason))).toEqual([]);
  });

  it('a change of any kind of entity changes decisions', () => {
    const changing = PolicyIndex.of(examplePolicy, 1n);
    const reason = (asked: Partial<Question> = {}) => {
      const decision = decide(changing, { ...question, ...asked });
      return decision.allowed ? 'allowed' : decision.reason;
    };
    expect(reason()).toBe('allowed');
    changing.apply(application(welfareOffice, 'another key'), 2n);
    expect(reason()).toBe('KEY_NOT_REGISTERED');
    expect(reason({ peer: peerOf(healthFund) })).toBe('NOT_REPRESENTED');
    for (const half of [{ represents: [welfareOffice] }, { acceptedBy: [welfareOffice] }]) {
      changing.apply(institution(healthFund, half), 3n);
      expect(reason({ peer: peerOf(healthFund) })).toBe('NOT_REPRESENTED');
    }
    changing.apply(institution(healthFund, { represents: [welfareOffice], acceptedBy: [welfareOffice] }), 3n);
    expect(reason({ peer: peerOf(healthFund) })).toBe('allowed');
    changing.apply(dataService({ ...wages, fieldGroups: [{ name: 'new', paths: ['new'] }] }), 4n);
    expect(reason({ peer: peerOf(healthFund) })).toBe('FIELD_GROUPS_NOT_GRANTED');
    changing.apply(deliberation('d9', [grant({ fieldGroups: ['new'] })]), 5n);
    expect(reason({ peer: peerOf(healthFund) })).toBe('allowed');
    changing.apply(deliberation('d9', []), 6n);
    expect(reason({ peer: peerOf(healthFund) })).toBe('FIELD_GROUPS_NOT_GRANTED');
    expect(changing.revision).toBe(6n);
  });

  it('a legal context is unknown once its last grant is gone', () => {
    const changing = PolicyIndex.of(
      [...examplePolicy, deliberation('x', [grant({ legalContexts: ['X:X', 'X:X'] })])],
      1n,
    );
    expect(changing.knowsLegalContext('X:X')).toBe(true);
    changing.apply(deliberation('x', []), 2n);
    expect(changing.knowsLegalContext('X:X')).toBe(false);
  });
});

const groups = ['employer', 'amounts', 'periods'];
const contexts = ['A:A', 'B:B'];
const anyGrant: fc.Arbitrary<Grant> = fc.record({
  dataService: fc.constantFrom('employment.wages.v1', 'health.insurance.v1'),
  fieldGroups: fc.subarray(groups),
  legalContexts: fc.subarray(contexts),
  inscriptionContexts: fc.subarray(contexts),
  validity: fc.constantFrom(
    period(),
    period('2026-01-01', '2026-06-30'),
    period('2026-07-01'),
    period(undefined, '2026-08-01'),
  ),
  online: fc.boolean(),
  subscription: fc.boolean(),
  withoutOfficial: fc.boolean(),
});
const { DELIBERATION_STATE_APPROVED, DELIBERATION_STATE_REVOKED, DELIBERATION_STATE_SUBMITTED } = DeliberationState;
const states = [
  DELIBERATION_STATE_APPROVED,
  DELIBERATION_STATE_APPROVED,
  DELIBERATION_STATE_REVOKED,
  DELIBERATION_STATE_SUBMITTED,
];
const anyDeliberation = fc.record({ grants: fc.array(anyGrant, { maxLength: 3 }), state: fc.constantFrom(...states) });
type Drawn = Pick<Deliberation, 'grants' | 'state'>;
const anyQuestion: fc.Arbitrary<Question> = fc.record({
  customer: fc.constant(welfareOffice),
  peer: fc.constant(peerOf(welfareOffice)),
  dataService: fc.constantFrom('employment.wages.v1', 'health.insurance.v1'),
  requestedFieldGroups: fc.subarray([...groups, 'unknown']),
  legalContext: fc.constantFrom(...contexts),
  inscriptionContexts: fc.subarray(contexts),
  mode: fc.constantFrom('online', 'subscription'),
  day: fc.constantFrom(day('2026-06-30'), day('2026-07-01'), day('2026-08-02')),
});

const basis = examplePolicy.filter(({ entity }) => entity?.$case !== 'deliberation');
const policyOf = (drawn: readonly Drawn[]): PolicyIndex =>
  PolicyIndex.of(
    [...basis, ...drawn.map(({ grants, state }, index) => deliberation(`d${index}`, grants, { state }))],
    1n,
  );
const released = (decision: Decision): readonly string[] => (decision.allowed ? decision.fieldGroups : []);

describe('decide, whatever the policy and the question', () => {
  const drawn = fc.array(anyDeliberation, { maxLength: 6 });

  it('revoking a deliberation never allows more', () => {
    fc.assert(
      fc.property(drawn, anyQuestion, fc.nat(5), (deliberations, asked, index) => {
        const before = released(decide(policyOf(deliberations), asked));
        const state = DELIBERATION_STATE_REVOKED;
        const less = deliberations.map((one, at) => (at === index ? { ...one, state } : one));
        expect(before).toEqual(expect.arrayContaining([...released(decide(policyOf(less), asked))]));
      }),
    );
  });

  it('an additional grant never cuts a group', () => {
    fc.assert(
      fc.property(drawn, anyDeliberation, anyQuestion, (deliberations, another, asked) => {
        const before = released(decide(policyOf(deliberations), asked));
        const after = released(decide(policyOf([...deliberations, another]), asked));
        expect(after).toEqual(expect.arrayContaining([...before]));
      }),
    );
  });

  it('only groups that are requested, and granted by an approved deliberation that the decision names, are released', () => {
    fc.assert(
      fc.property(drawn, anyQuestion, (deliberations, asked) => {
        const decision = decide(policyOf(deliberations), asked);
        if (!decision.allowed) return;
        const naming = deliberations.filter((_, index) => decision.deliberationIds.includes(`d${index}`));
        expect(naming.every(({ state }) => state === DELIBERATION_STATE_APPROVED)).toBe(true);
        const granted = naming.flatMap(({ grants }) => grants.flatMap(({ fieldGroups }) => fieldGroups));
        expect(granted).toEqual(expect.arrayContaining([...decision.fieldGroups]));
        const wanted = asked.requestedFieldGroups.length > 0 ? asked.requestedFieldGroups : groups;
        const told = [...decision.fieldGroups, ...decision.cutFieldGroups.map(({ fieldGroup }) => fieldGroup)];
        expect(told.sort()).toEqual([...wanted].sort());
      }),
    );
  });

  it('the order of changes that led to a policy does not matter', () => {
    fc.assert(
      fc.property(drawn, drawn, anyQuestion, (first, last, asked) => {
        const straight = policyOf(last);
        const changed = policyOf(first);
        const gone = first.map((_, index): PolicyEntity => deliberation(`d${index}`, []));
        const now = last.map(({ grants, state }, index) => deliberation(`d${index}`, grants, { state }));
        for (const entity of [...gone, ...now].reverse()) changed.apply(entity, 1n);
        for (const entity of now) changed.apply(entity, 1n);
        expect(decide(changed, asked)).toEqual(decide(straight, asked));
      }),
    );
  });

  it('every question has a decision', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(welfareOffice, 'employment.wages.v1', '__proto__', 'constructor'),
    );
    fc.assert(
      fc.property(
        fc.record({
          customer: text,
          peer: fc.record({
            kind: fc.constant('institution' as const),
            enterpriseNumber: text,
            application: text,
            spki: text,
          }),
          dataService: text,
          requestedFieldGroups: fc.array(text),
          legalContext: text,
          inscriptionContexts: fc.array(text),
          mode: fc.constantFrom('online' as const, 'subscription' as const),
          // Text that is no day comes from nowhere in our code; it is refused or compared as text.
          day: fc.string().map((anything) => anything as IsoDay),
        }),
        (asked) => expect(typeof decide(PolicyIndex.of(examplePolicy, 1n), asked).allowed).toBe('boolean'),
      ),
    );
  });
});
