import type { CloudEvent } from '@crossroads/messaging';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isBehind, registryPlacesOf } from './registry-places.rules.js';

const LOG = '5b9c1d2e-0000-4000-8000-000000000001';
const event = (partition: number, position: bigint, more: Partial<CloudEvent> = {}): CloudEvent => ({
  id: 'e',
  source: 'urn:crossroads:service:person-registry',
  type: 'crossroads.person.v1.persons.notify.changed',
  service: 'crossroads.person.v1',
  time: new Date(0),
  key: 'k',
  partition,
  place: { logId: LOG, position, hash: '', serial: 1n, previous: { position: position - 1n, hash: '' } },
  data: new Uint8Array(),
  ...more,
});

describe('how far the directory has to have followed the registry', () => {
  it('an answer is behind exactly when a partition of the batch is', () => {
    const places = fc.array(fc.tuple(fc.nat(3), fc.bigInt(1n, 9n)), { maxLength: 8 });
    fc.assert(
      fc.property(places, fc.array(fc.bigInt(0n, 9n), { maxLength: 4 }), (read, positions) => {
        const expected = read.some(([partition, position]) => (positions[partition] ?? 0n) < position);
        const caller = registryPlacesOf(read.map(([partition, position]) => event(partition, position)));
        expect(isBehind([{ logId: LOG, positions }], caller)).toBe(expected);
      }),
    );
  });

  it('an answer that has followed another log only is behind', () => {
    const caller = registryPlacesOf([event(0, 1n)]);
    expect(isBehind([{ logId: 'another', positions: [9n] }], caller)).toBe(true);
    expect(isBehind([], caller)).toBe(true);
  });

  it('events of other services, and events without a place, wait for nothing', () => {
    const other = { service: 'crossroads.mutation.v1', source: 'urn:crossroads:service:exchange' };
    const { place: _, ...placeless } = event(0, 7n);
    expect(isBehind([], registryPlacesOf([event(0, 7n, other), placeless]))).toBe(false);
  });
});
