import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { RemoteError, status } from '@crossroads/grpc';
import { describe, expect, it } from '@jest/globals';
import type { MeshCalls } from '../mesh/mesh-calls.js';
import { ServiceAway } from '../mesh/service-away.js';
import { Vocabularies } from './vocabularies.js';

const WORDS = GetVocabularyResponse.fromPartial({
  policyRevision: 1n,
  institutions: [{ enterpriseNumber: '0206731645', name: 'Employment Office' }],
});

const refused = () => {
  throw new RemoteError(status.PERMISSION_DENIED, 'no right', 'RIGHT_MISSING', 'crossroads', {}, [], undefined);
};
const away = () => {
  throw new ServiceAway('authorization');
};

/** Asked each time: the clock goes on by a minute with each look at it. */
const wordsFrom = (...answers: readonly (() => GetVocabularyResponse)[]) => {
  let [asked, minutes] = [0, 0];
  const calls: Pick<MeshCalls, 'register'> = {
    register: async () => (answers[Math.min(asked++, answers.length - 1)]?.() ?? WORDS) as never,
  };
  return new Vocabularies(calls as MeshCalls, { now: () => new Date(++minutes * 60_000) });
};

describe('the words of the policy', () => {
  it.each([
    ['is away', away],
    ['refuses the portal', refused],
  ])('leave names as they are while authorization %s', async (_, fails) => {
    const words = wordsFrom(fails);
    expect((await words.in('nl')).institution('0206731645')).toBe('0206731645');
  });

  it.each([
    ['is away', away],
    ['refuses the portal', refused],
  ])('are the last ones while authorization %s, and nobody has to take the error', async (_, fails) => {
    const words = wordsFrom(() => WORDS, fails);
    await words.in('nl');
    // Jest fails a test that leaves a rejection to nobody, as the process would end.
    for (let page = 0; page < 3; page++) {
      expect((await words.in('nl')).institution('0206731645')).toBe('Employment Office');
      await new Promise(setImmediate);
    }
  });
});
