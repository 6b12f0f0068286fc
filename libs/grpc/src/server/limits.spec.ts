import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Caller } from '../identity/caller.js';
import { Admitted, CallLimits, type Refused } from './limits.js';

const office: Caller = { kind: 'institution', enterpriseNumber: '0884303369', application: 'desk', spki: 'a' };
const fund: Caller = { kind: 'institution', enterpriseNumber: '0206731645', application: 'desk', spki: 'b' };
const exchange: Caller = { kind: 'service', name: 'exchange', spki: 'c' };

describe('limits of a caller', () => {
  let clock = 0;
  beforeEach(() => {
    clock = 1_000;
  });
  const limits = (callsPerSecond?: number, concurrentCalls?: number) =>
    new CallLimits(
      {
        ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
        ...(concurrentCalls === undefined ? {} : { concurrentCalls }),
      },
      () => clock,
    );
  const admitted = (outcome: Admitted | Refused): Admitted => {
    if (outcome instanceof Admitted) return outcome;
    throw new Error(`refused: ${outcome.reason}`);
  };
  const take = (all: CallLimits, caller: Caller, times: number): Admitted[] =>
    Array.from({ length: times }, () => admitted(all.admit(caller)));

  it('take twice a second’s calls at once, and then as many as a second has', () => {
    const all = limits(10);
    take(all, office, 20);
    expect(all.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 100 });
    clock += 99;
    expect(all.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 1 });
    clock += 1;
    take(all, office, 1);
    clock += 1_000;
    take(all, office, 10);
    expect(all.admit(office)).toMatchObject({ reason: 'RATE' });
  });

  it('keep no more than a burst, however long nobody calls', () => {
    const all = limits(10);
    clock += 3_600_000;
    take(all, office, 20);
    expect(all.admit(office)).toMatchObject({ reason: 'RATE' });
  });

  it('say when to come again, and are right', () => {
    const all = limits(3);
    take(all, office, 6);
    const refused = all.admit(office);
    if (refused instanceof Admitted) throw new Error('admitted');
    clock += refused.retryAfterMs;
    take(all, office, 1);
  });

  it('count an institution with all its applications, and nobody else', () => {
    const all = limits(1);
    take(all, office, 2);
    expect(all.admit({ ...office, application: 'other', spki: 'd' })).toMatchObject({ reason: 'RATE' });
    take(all, fund, 2);
    take(all, exchange, 2);
  });

  it('take no more at once than may be in hand, and again when one has ended', () => {
    const all = limits(undefined, 2);
    const [first] = take(all, office, 2);
    expect(all.admit(office)).toEqual({ reason: 'CONCURRENCY', retryAfterMs: 100 });
    take(all, fund, 2);
    first?.letGo();
    take(all, office, 1);
    expect(all.admit(office)).toMatchObject({ reason: 'CONCURRENCY' });
  });

  it('count a call until everybody who holds it has let go', () => {
    const all = limits(undefined, 1);
    const [call] = take(all, office, 1);
    call?.hold();
    call?.letGo();
    expect(all.admit(office)).toMatchObject({ reason: 'CONCURRENCY' });
    call?.letGo();
    take(all, office, 1);
  });

  it('cost a call in hand no token when it is refused', () => {
    const all = limits(1, 1);
    const [call] = take(all, office, 1);
    for (let i = 0; i < 100; i++) expect(all.admit(office)).toMatchObject({ reason: 'CONCURRENCY' });
    call?.letGo();
    take(all, office, 1);
  });
});
