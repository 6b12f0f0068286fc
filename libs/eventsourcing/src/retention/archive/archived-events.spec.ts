import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ArchivedEvent, eventOfLine, lineOf } from './archived-events.js';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const text = fc.oneof(fc.string(), fc.constant(',"data":1}'), fc.constant('\\","data":{'));

const archived: fc.Arbitrary<ArchivedEvent> = fc.record({
  partition: fc.integer({ min: 100, max: 115 }),
  position: fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String),
  before: digest,
  hash: digest,
  serial: fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String),
  streamId: text,
  streamType: text,
  revision: fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String),
  eventId: fc.uuid(),
  type: text,
  schemaVersion: fc.integer({ min: 1, max: 9 }),
  recordedAt: fc.constant('2026-11-27T12:00:00.000001Z'),
  metadata: fc.json(),
  data: fc.oneof(fc.json(), fc.constant('{"a": 1, "data": {"data":2}}'), fc.constant('1.10')),
});

describe('a line of an archived month', () => {
  it('is a line of JSON, and gives the event back with the very text of its data', () => {
    fc.assert(
      fc.property(archived, (event) => {
        const line = lineOf(event);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(JSON.parse(line)).toMatchObject({ eventId: event.eventId });
        expect(eventOfLine(line.slice(0, -1))).toEqual(event);
      }),
    );
  });

  it('is not read without its data', () => {
    expect(() => eventOfLine('{"partition":100}')).toThrow(SyntaxError);
    expect(() => eventOfLine('')).toThrow(SyntaxError);
  });
});
