import { deciderSpec } from '@crossroads/testing';
import { describe, it } from '@jest/globals';
import { type MutationReported, mutationDecider, type ReportedMutation } from './mutation.decider.js';

const given = deciderSpec(mutationDecider);
const mutation = (revision: bigint): ReportedMutation => ({
  version: 1,
  personId: 'p',
  sourceRevision: String(revision),
  sealed: 's',
});
const reported = (revision: bigint): MutationReported => ({ type: 'MutationReported', data: mutation(revision) });

describe('the mutations of a person and data service', () => {
  it('begin at any revision', () => {
    given().when(mutation(41n)).then(reported(41n));
  });
  it('follow one another by one', () => {
    given(reported(41n)).when(mutation(42n)).then(reported(42n));
  });
  it('have no gap', () => {
    given(reported(41n)).when(mutation(43n)).thenRejected('SOURCE_REVISION_GAP');
  });
  it('are not reported twice', () => {
    given(reported(41n)).when(mutation(41n)).thenRejected('SOURCE_REVISION_OLD');
  });
});
