import { describe, expect, it } from '@jest/globals';
import { ReadinessMonitor } from './readiness.js';

describe('readiness', () => {
  it('is given when all dependencies are available, and a check that throws counts as no', async () => {
    const there = { database: true, policy: true };
    const checks = new ReadinessMonitor({
      database: async () => {
        if (!there.database) throw new Error('connection refused');
        return true;
      },
      policy: () => there.policy,
    });
    expect(await checks.refresh()).toBe(true);
    there.database = false;
    expect(await checks.refresh()).toBe(false);
    expect([...checks.results()]).toEqual([
      ['database', false],
      ['policy', true],
    ]);
    there.database = true;
    there.policy = false;
    expect(await checks.refresh()).toBe(false);
  });

  it('lasts through the grace of a dependency that was available before, which is reported as missing all the while', async () => {
    let [now, bus] = [0, false];
    const checks = new ReadinessMonitor({ bus: { ask: () => bus, graceMs: 60_000 } }, () => now);
    expect(await checks.refresh()).toBe(false);
    bus = true;
    expect(await checks.refresh()).toBe(true);
    bus = false;
    now = 59_999;
    expect(await checks.refresh()).toBe(true);
    expect(checks.results().get('bus')).toBe(false);
    now = 60_000;
    expect(await checks.refresh()).toBe(false);
    bus = true;
    expect(await checks.refresh()).toBe(true);
    now = 90_000;
    bus = false;
    expect(await checks.refresh()).toBe(true);
  });
});
