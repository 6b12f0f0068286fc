import { Deliberation, DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { describe, expect, it } from '@jest/globals';
import { inForceOn, publicTextUrl } from './deliberation.rules.js';

const until = (year: number, month: number, day: number, state = DeliberationState.DELIBERATION_STATE_APPROVED) =>
  Deliberation.fromPartial({
    state,
    grants: [{ validity: { startDate: { year: 2026, month: 1, day: 1 }, endDate: { year, month, day } } }],
  });

describe('a deliberation', () => {
  it('is in force from its first day to its last, and never once it was revoked', () => {
    expect(inForceOn(until(2026, 12, 31), '2026-01-01')).toBe('inForce');
    expect(inForceOn(until(2026, 12, 31), '2026-12-31')).toBe('inForce');
    expect(inForceOn(until(2026, 12, 31), '2027-01-01')).toBe('ended');
    expect(inForceOn(until(2026, 12, 31), '2025-12-31')).toBe('later');
    expect(inForceOn(until(2026, 12, 31, DeliberationState.DELIBERATION_STATE_REVOKED), '2026-06-01')).toBe('revoked');
    expect(inForceOn(Deliberation.fromPartial({ grants: [{}] }), '2026-06-01')).toBe('inForce');
  });

  it('its reference cannot lead its link elsewhere', () => {
    const template = 'https://committee.example/{reference}';
    expect(publicTextUrl(template, '24/118')).toBe('https://committee.example/24%2F118');
    expect(publicTextUrl(template, '../$&@evil.example')).toBe('https://committee.example/..%2F%24%26%40evil.example');
    expect(publicTextUrl('http://committee.example/{reference}', '1')).toBeUndefined();
    expect(publicTextUrl(undefined, '1')).toBeUndefined();
  });
});
