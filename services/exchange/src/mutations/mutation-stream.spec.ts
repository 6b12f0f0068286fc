import { deciderSpec } from '@crossroads/testing';
import { describe, it } from '@jest/globals';
import { type MutationReported, mutationStream, type ReportedMutation } from './mutation-stream.js';

const given = deciderSpec(mutationStream);
const mutation = (revision: bigint): ReportedMutation => ({
  version: 1,
  personId: 'p',
  sourceRevision: String(revision),
  sealed: 's',
});
const reported = (revision: bigint): MutationReported => ({ type: 'MutationReported', data: mutation(revision) });

describe('mutations of a person and data service', () => {
  it('begin anywhere', () => {
    given().when(mutation(41n)).then(reported(41n));
  });
  it('go on one by one', () => {
    given(reported(41n)).when(mutation(42n)).then(reported(42n));
  });
  it('leave no gap', () => {
    given(reported(41n)).when(mutation(43n)).thenRejected('SOURCE_REVISION_GAP');
  });
  it('do not come twice', () => {
    given(reported(41n)).when(mutation(41n)).thenRejected('SOURCE_REVISION_OLD');
  });
});
