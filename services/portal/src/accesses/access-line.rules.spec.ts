import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { ProposalKind, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exampleAccess, everyAccess, LINE_ID, PROPOSAL_ID, proposalAccess } from './access-line.examples.js';
import { accessLineOf } from './access-line.reader.js';
import { contestable, dataOf, groupsOf } from './access-line.rules.js';

const line = (changes: Parameters<typeof exampleAccess>[0] = {}) => accessLineOf(exampleAccess(changes));

describe('groups of lines', () => {
  it('hold what one institution did for one purpose on one day', () => {
    expect(groupsOf([line(), line(), line()]).map((group) => group.length)).toEqual([3]);
  });

  it.each([
    ['another institution', { customer: '0999000723' }],
    ['another purpose', { legalContext: 'PENSIONS:AWARD' }],
    ['another day in Brussels', { time: new Date('2026-11-02T22:59:59Z') }],
    ['another end', { result: AccessResult.ACCESS_RESULT_REFUSED, reason: 'NOT_INSCRIBED' }],
  ])('begin anew with %s', (_, changes) => {
    expect(groupsOf([line(), line(changes), line()]).map((group) => group.length)).toEqual([1, 1, 1]);
  });

  it('never put two proposals or two inscriptions together', () => {
    const proposed = accessLineOf(proposalAccess({ step: ProposalStep.PROPOSAL_STEP_PROPOSED }));
    expect(groupsOf([proposed, proposed])).toHaveLength(2);
  });

  it('keep each line once, in its place', () => {
    const every = everyAccess().map(accessLineOf);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...every)), (lines) => {
        expect(groupsOf(lines).flat()).toEqual(lines);
      }),
    );
  });
});

describe('the data of lines', () => {
  const service = (dataService: string, fieldGroups: string[]) => ({ dataService, fieldGroups });

  it('are field groups while these are few, and else data services', () => {
    expect(dataOf([line({ services: [service('a.v1', ['x', 'y'])] })])).toHaveLength(2);
    expect(dataOf([line({ services: [service('a.v1', ['1', '2', '3', '4', '5']), service('b.v1', [])] })])).toEqual([
      { dataService: 'a.v1' },
      { dataService: 'b.v1' },
    ]);
  });

  it('leave out what was not found where something was', () => {
    const services = [
      { ...service('a.v1', ['x']), status: 1 },
      { ...service('b.v1', ['y']), status: 2 },
    ];
    expect(dataOf([line({ services })])).toEqual([{ dataService: 'a.v1', fieldGroup: 'x' }]);
  });
});

describe('contesting', () => {
  const proposed = proposalAccess({ step: ProposalStep.PROPOSAL_STEP_PROPOSED });
  const at = (day: string) => new Date(`${day}T13:05:00Z`);
  const form = (now: Date, ...accesses: Parameters<typeof accessLineOf>[0][]) => [
    ...contestable(accesses.map(accessLineOf), now),
  ];

  it('is offered for 30 days after a proposal', () => {
    expect(form(at('2026-12-02'), proposed)).toEqual([[LINE_ID, PROPOSAL_ID]]);
    expect(form(at('2026-12-03'), proposed)).toEqual([]);
  });

  it('is offered on the newest line of a proposal only', () => {
    const id = LINE_ID.replace('1', '2');
    const confirmed = proposalAccess({ step: ProposalStep.PROPOSAL_STEP_CONFIRMED }, { journalId: id });
    expect(form(at('2026-11-04'), confirmed, proposed)).toEqual([[id, PROPOSAL_ID]]);
  });

  it.each([
    ProposalStep.PROPOSAL_STEP_CONTESTED,
    ProposalStep.PROPOSAL_STEP_LAPSED,
    ProposalStep.PROPOSAL_STEP_UNSPECIFIED,
  ])('is not offered after step %i', (step) => {
    expect(form(at('2026-11-04'), proposalAccess({ step }))).toEqual([]);
    // A step that is not known here says nothing about the one before.
    if (step !== ProposalStep.PROPOSAL_STEP_UNSPECIFIED)
      expect(form(at('2026-11-04'), proposalAccess({ step }), proposed)).toEqual([]);
  });

  it('is offered for a merge that took effect, and not for a number that is cancelled', () => {
    const step = ProposalStep.PROPOSAL_STEP_EFFECTIVE;
    expect(form(at('2026-11-04'), proposalAccess({ step }))).toHaveLength(1);
    expect(form(at('2026-11-04'), proposalAccess({ step, kind: ProposalKind.PROPOSAL_KIND_CANCELLATION }))).toEqual([]);
  });
});
