import type { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import { describe, expect, it } from '@jest/globals';
import { day, period, welfareOffice } from './decide.examples.js';
import { isActiveOn, isInMaintenance } from './document-provider.js';
import { PolicyIndex } from './policy.js';

const provider = (change: Partial<DocumentProvider> = {}): DocumentProvider => ({
  enterpriseNumber: welfareOffice,
  address: 'documents:8443',
  serverSpkiHashes: ['a key'],
  apiVersions: ['v1'],
  activity: undefined,
  plannedMaintenance: [],
  deadlineMs: 0,
  ...change,
});

describe('a document provider', () => {
  it('is known by its enterprise number once the policy has it, as it was last registered', () => {
    const policy = new PolicyIndex();
    const register = (value: DocumentProvider, revision: bigint) =>
      policy.apply({ entity: { $case: 'documentProvider', value } }, revision);
    expect(policy.documentProvider(welfareOffice)).toBeUndefined();
    register(provider(), 1n);
    expect(policy.documentProvider(welfareOffice)).toEqual(provider());
    register(provider({ address: '' }), 2n);
    expect(policy.documentProvider(welfareOffice)?.address).toBe('');
  });

  it('is active from the first day of its activity to the last, both included', () => {
    const activity = period('2026-02-01', '2026-02-28');
    const days = ['2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01'];
    expect(days.map((one) => isActiveOn(provider({ activity }), day(one)))).toEqual([false, true, true, false]);
    expect(isActiveOn(provider(), day('1900-01-01'))).toBe(true);
  });

  it('is in maintenance from each start until before its end', () => {
    const at = (time: string) => new Date(`2026-05-01T${time}Z`);
    const planned = provider({
      plannedMaintenance: [
        { startTime: at('02:00:00'), endTime: at('03:00:00') },
        { startTime: at('04:00:00'), endTime: at('05:00:00') },
      ],
    });
    const times = ['01:59:59', '02:00:00', '02:59:59', '03:00:00', '04:30:00'];
    expect(times.map((time) => isInMaintenance(planned, at(time)))).toEqual([false, true, true, false, true]);
    expect(isInMaintenance(provider(), at('02:00:00'))).toBe(false);
  });
});
