import { describe, expect, it } from '@jest/globals';
import { MissingKeys } from './missing-keys.js';

describe('missing keys', () => {
  it('are told once a minute for each person, and counted for a minute', () => {
    let now = 1;
    const missing = new MissingKeys(() => now);
    const told: string[] = [];
    missing.onMissing((personId) => told.push(personId));
    for (const personId of ['a', 'a', 'b']) missing.met(personId);
    expect([told, missing.count()]).toEqual([['a', 'b'], 2]);
    now += 60_001;
    expect(missing.count()).toBe(0);
    missing.met('a');
    expect([told, missing.count()]).toEqual([['a', 'b', 'a'], 1]);
  });
});
