import type { Json, Recorded } from '@crossroads/eventsourcing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inscriptionCodec, unpackChanges } from './inscription.codec.js';
import type { Change } from './inscription.decider.js';

const INSTITUTION = '0212177076';
const day = fc.integer({ min: -733_772, max: 2_918_000 });
const change: fc.Arbitrary<Change> = fc.record({
  person: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  context: fc.constantFrom('17/2', '18/1', 'PCSA:LIVING_WAGE'),
  start: fc.oneof(day, fc.constant(Number.NEGATIVE_INFINITY)),
  end: fc.constant(Number.POSITIVE_INFINITY),
});

describe('the stored form of InscriptionsChanged', () => {
  it('a stored event gives back all changes, sorted by person, those of one person in their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 60 }), async (changes) => {
        const event = { type: 'InscriptionsChanged', data: { institution: INSTITUTION, changes } } as const;
        const { data } = await inscriptionCodec.toStored(event, { streamId: '', eventId: '' });
        const stored = { data: JSON.parse(JSON.stringify(data)) as Json } as Recorded;
        const sorted = [...changes].sort((a, b) => a.person - b.person);
        expect(await inscriptionCodec.fromStored(stored)).toEqual({
          type: 'InscriptionsChanged',
          data: { institution: INSTITUTION, changes: sorted },
        });
      }),
    );
  });

  it('truncated bytes and unknown contexts are refused', () => {
    const stored = (bytes: number[]) => ({
      institution: INSTITUTION,
      contexts: ['17/2'],
      packed: Buffer.from(bytes).toString('base64'),
    });
    expect(() => unpackChanges(stored([]))).toThrow(RangeError);
    expect(() => unpackChanges(stored([1, 1, 0, 0]))).toThrow(RangeError);
    expect(() => unpackChanges(stored([1, 1, 1, 0, 0]))).toThrow(RangeError);
  });
});
