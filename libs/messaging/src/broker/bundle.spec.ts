import { Bundle } from '@crossroads/contracts/events/v1/bundle';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CloudEvent } from './broker.js';
import { BundleForked, bundled, continuedFrom, isBundle, unbundled } from './bundle.js';

const hashAt = (position: number): string => position.toString(16).padStart(64, '0');

const event = (n: number, changes: Partial<CloudEvent> = {}): CloudEvent => ({
  id: `event-${n}`,
  source: 'urn:crossroads:service:sample',
  type: 'sample.things.notify.changed',
  service: 'crossroads.sample.v1',
  time: new Date(1_767_225_600_000 + n),
  key: `key-${n % 7}`,
  sequence: String(n).padStart(20, '0'),
  partition: 3,
  place: {
    logId: '0b5a1c0e-6e2e-4a58-8f0e-6a1f1b2c3d4e',
    position: BigInt(n + 1),
    hash: hashAt(n + 1),
    serial: BigInt(2 * n + 7),
    previous: { position: BigInt(n), hash: hashAt(n) },
  },
  contentType: 'application/protobuf',
  data: Buffer.from(String(n)),
  ...changes,
});

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a bundle', () => {
  it('gives what was put in, in its order, whatever travels together', () => {
    const changes = fc.record({
      source: fc.constantFrom('urn:crossroads:service:one', 'urn:crossroads:service:other'),
      data: fc.uint8Array({ maxLength: 90_000, minLength: 0 }).map((bytes) => Buffer.from(bytes)),
      traced: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 250 }), (all) => {
        const events = all.map(({ traced, ...rest }, n) => event(n, traced ? { ...rest, traceparent: TRACE } : rest));
        const messages = bundled(events);
        expect(messages.flatMap(unbundled)).toEqual(events);
        for (const message of messages) {
          const held = unbundled(message);
          expect(message.place).toEqual({ ...held.at(-1)?.place, previous: held[0]?.place?.previous });
          expect(message.time).toEqual(held[0]?.time);
          expect(new Set(held.map(({ source }) => source))).toEqual(new Set([message.source]));
          expect(held.length).toBeLessThanOrEqual(100);
          if (held.length > 1) expect(held.some(({ traceparent }) => traceparent !== undefined)).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('holds what comes at once, and one alone is no bundle', () => {
    expect(bundled([0, 1, 2].map((n) => event(n)))).toHaveLength(1);
    expect(bundled([event(0)])).toEqual([event(0)]);
    expect(bundled([])).toEqual([]);
  });

  it('is full at a quarter of a megabyte, unless one event alone is bigger', () => {
    const [half, large] = [Buffer.alloc(128 * 1024), Buffer.alloc(512 * 1024)];
    const messages = bundled([half, half, half, large, half].map((data, n) => event(n, { data })));
    expect(messages.map((message) => unbundled(message).length)).toEqual([2, 1, 1, 1]);
  });

  it('lets what is traced travel alone, and keeps the order around it', () => {
    const events = [event(0), event(1), event(2, { traceparent: TRACE }), event(3), event(4)];
    const messages = bundled(events);
    expect(messages.map(isBundle)).toEqual([true, false, true]);
    expect(messages[1]).toEqual(events[2]);
  });

  it('leaves out what its reader has taken before, and refuses a log that had another event there', () => {
    const events = [0, 1, 2, 3].map((n) => event(n));
    const [message] = bundled(events);
    if (!message) throw new Error('a bundle');
    const rest = unbundled(continuedFrom(message, { position: 2n, hash: hashAt(2) }));
    expect(rest).toEqual(events.slice(2));
    expect(() => unbundled(continuedFrom(message, { position: 2n, hash: hashAt(9) }))).toThrow(BundleForked);
  });

  it('lies in one partition of one log', () => {
    const [one, other] = [event(0), event(1, { partition: 4 })];
    expect(bundled([one, other])).toEqual([one, other]);
  });

  it('has another id each time it is made: other events may be in it', () => {
    const events = [event(0), event(1)];
    expect(bundled(events)[0]?.id).not.toBe(bundled(events)[0]?.id);
  });

  it('says nothing twice, and throws what is none', () => {
    const [message] = bundled([event(0), event(1)]);
    if (!message) throw new Error('a bundle');
    const [first] = Bundle.decode(message.data).events;
    expect(first?.event).toMatchObject({ source: '', service: '', contentType: '' });
    expect(() => unbundled({ ...message, data: Buffer.from('no bundle') })).toThrow();
  });
});
