import { describe, expect, it } from '@jest/globals';
import { type JoinState, joinOf } from './join.rules.js';

const state = (more: Partial<JoinState>): JoinState => ({
  listed: true,
  isKnown: false,
  revision: null,
  isOutstandingAsOther: false,
  ...more,
});

describe('a mutation of a subscription with a snapshot', () => {
  it('is delivered when its person is not in the snapshot', () => {
    expect(joinOf(state({}), 1n)).toBe('delivered');
  });

  it('is held while its person has not come, or may still be found', () => {
    expect(joinOf(state({ isKnown: true }), 1n)).toBe('held');
    expect(joinOf(state({ isOutstandingAsOther: true }), 1n)).toBe('held');
    expect(joinOf(state({ listed: false }), 1n)).toBe('held');
  });

  it('is delivered when it is younger than the snapshot of its person, whether or not others are still found', () => {
    for (const listed of [true, false]) {
      const taken = state({ listed, isKnown: true, revision: 5n });
      expect(joinOf(taken, 4n)).toBe('contained');
      expect(joinOf(taken, 5n)).toBe('contained');
      expect(joinOf(taken, 6n)).toBe('delivered');
    }
  });
});
