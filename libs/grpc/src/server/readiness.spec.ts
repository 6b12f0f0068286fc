import { describe, expect, it } from '@jest/globals';
import { ReadinessChecks } from './readiness.js';

describe('what a service needs', () => {
  it('is there when all of it is, and a throw is a no', async () => {
    const there = { database: true, policy: true };
    const needs = new ReadinessChecks({
      database: async () => {
        if (!there.database) throw new Error('connection refused');
        return true;
      },
      policy: () => there.policy,
    });
    expect(await needs.refresh()).toBe(true);
    there.database = false;
    expect(await needs.refresh()).toBe(false);
    expect([...needs.there()]).toEqual([
      ['database', false],
      ['policy', true],
    ]);
    there.database = true;
    there.policy = false;
    expect(await needs.refresh()).toBe(false);
  });

  it('must have been there once; then it may be away for its grace, and is shown as away all the while', async () => {
    let [now, bus] = [0, false];
    const needs = new ReadinessChecks({ bus: { ask: () => bus, graceMs: 60_000 } }, () => now);
    expect(await needs.refresh()).toBe(false);
    bus = true;
    expect(await needs.refresh()).toBe(true);
    bus = false;
    now = 59_999;
    expect(await needs.refresh()).toBe(true);
    expect(needs.there().get('bus')).toBe(false);
    now = 60_000;
    expect(await needs.refresh()).toBe(false);
    bus = true;
    expect(await needs.refresh()).toBe(true);
    now = 90_000;
    bus = false;
    expect(await needs.refresh()).toBe(true);
  });
});
