import { getHeapStatistics } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Caller } from '../identity/caller.js';
import { CountedCall, CallLimits, type LimitExceeded } from './limits.js';

const office: Caller = {
  kind: 'institution',
  enterpriseNumber: '0884303369',
  application: 'desk',
  spki: 'a',
  certificateHash: 'a',
};
const fund: Caller = {
  kind: 'institution',
  enterpriseNumber: '0206731645',
  application: 'desk',
  spki: 'b',
  certificateHash: 'b',
};
const exchange: Caller = { kind: 'service', name: 'exchange', spki: 'c' };

/** One call in 16 ms: a rate that floating point holds exactly. */
const PER_SECOND = 62.5;
const BURST = 2 * PER_SECOND;
const MIB = 1024 * 1024;

describe('the limits of a caller', () => {
  let clock = 1_000;
  beforeEach(() => {
    clock = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const admitted = (outcome: CountedCall | LimitExceeded): CountedCall => {
    if (outcome instanceof CountedCall) return outcome;
    throw new Error(`refused: ${outcome.reason}`);
  };
  const take = (limits: CallLimits, caller: Caller | 'unregistered', times: number): CountedCall[] =>
    Array.from({ length: times }, () => admitted(limits.admit(caller)));

  it('admit the calls of two seconds at once, and then the calls of one second every second', () => {
    const limits = new CallLimits({ callsPerSecond: PER_SECOND });
    take(limits, office, BURST);
    expect(limits.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 16 });
    clock += 15;
    expect(limits.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 1 });
    clock += 1;
    take(limits, office, 1);
    clock += 1_024;
    take(limits, office, 64);
    expect(limits.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 16 });
  });

  it('save up no more than a burst, however long a caller is quiet', () => {
    const limits = new CallLimits({ callsPerSecond: PER_SECOND });
    take(limits, office, 1);
    clock += 3_600_000;
    take(limits, office, BURST);
    expect(limits.admit(office)).toMatchObject({ reason: 'RATE' });
  });

  it('always admit one call, at however low a rate', () => {
    const limits = new CallLimits({ callsPerSecond: 0.001 });
    take(limits, office, 1);
    expect(limits.admit(office)).toEqual({ reason: 'RATE', retryAfterMs: 1_000_000 });
  });

  it('admit a call after the delay that a refusal gives', () => {
    const limits = new CallLimits({ callsPerSecond: 3 });
    take(limits, office, 6);
    const refused = limits.admit(office);
    if (refused instanceof CountedCall) throw new Error('admitted');
    clock += refused.retryAfterMs ?? 0;
    take(limits, office, 1);
  });

  it('count each application and each service separately, whatever its key', () => {
    const limits = new CallLimits({ callsPerSecond: 1 });
    take(limits, office, 2);
    expect(limits.admit({ ...office, spki: 'd' })).toMatchObject({ reason: 'RATE' });
    take(limits, { ...office, application: 'other' }, 2);
    take(limits, fund, 2);
    take(limits, exchange, 2);
  });

  it('count all callers without a registered key as one, of 50 calls a second and 20 at once', () => {
    const limits = new CallLimits({ callsPerSecond: 1_000, concurrentCalls: 1_000 });
    const flood = take(limits, 'unregistered', 20);
    expect(limits.admit('unregistered')).toMatchObject({ reason: 'CONCURRENCY' });
    for (const call of flood) call.release();
    for (let calls = 20; calls < 100; calls++) admitted(limits.admit('unregistered')).release();
    expect(limits.admit('unregistered')).toEqual({ reason: 'RATE', retryAfterMs: 20 });
    take(limits, exchange, 1_000);
  });

  it('bound the bytes of a caller in hand to 16 MiB, until its calls end', () => {
    const limits = new CallLimits({});
    const [first, second] = take(limits, office, 2);
    expect([first?.holds(10 * MIB), second?.holds(6 * MIB), second?.holds(6 * MIB + 1)]).toEqual([true, true, false]);
    // The next message of a stream takes the place of the one before.
    expect([first?.holds(MIB), second?.holds(15 * MIB)]).toEqual([true, true]);
    expect(take(limits, fund, 1)[0]?.holds(16 * MIB)).toBe(true);
    second?.release();
    expect(first?.holds(16 * MIB)).toBe(true);
  });

  it('bound the bytes of all callers in hand to a quarter of the heap', () => {
    const limits = new CallLimits({});
    const quarter = getHeapStatistics().heap_size_limit / 4;
    const callers = Array.from({ length: Math.floor(quarter / (16 * MIB)) + 1 }, (_, n) => ({
      ...exchange,
      name: `s${n}`,
    }));
    const held = callers.map((caller) => take(limits, caller, 1)[0]?.holds(16 * MIB));
    expect(held.lastIndexOf(true)).toBe(callers.length - 2);
    expect(held.at(-1)).toBe(false);
  });

  it('admit a call again when one of those in flight has ended', () => {
    const limits = new CallLimits({ concurrentCalls: 2 });
    const [first] = take(limits, office, 2);
    expect(limits.admit(office)).toEqual({ reason: 'CONCURRENCY', retryAfterMs: 100 });
    take(limits, fund, 2);
    first?.release();
    take(limits, office, 1);
    expect(limits.admit(office)).toMatchObject({ reason: 'CONCURRENCY' });
  });

  it('take no token for a call that is refused because of others in flight', () => {
    const limits = new CallLimits({ callsPerSecond: 1, concurrentCalls: 1 });
    const [call] = take(limits, office, 1);
    for (let i = 0; i < 100; i++) expect(limits.admit(office)).toMatchObject({ reason: 'CONCURRENCY' });
    call?.release();
    take(limits, office, 1);
  });
});
