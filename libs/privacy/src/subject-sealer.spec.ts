import { Rejection } from '@crossroads/eventsourcing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Unsealable } from './envelope.js';
import { MemorySubjectKeys } from './memory-subject-keys.js';
import { FORGOTTEN, KeyMissing } from './subject-keys.js';
import { type Sealable, SubjectSealer } from './subject-sealer.js';

describe('sealing for a subject', () => {
  const keys = new MemorySubjectKeys();
  const sealer = new SubjectSealer(keys);

  it('opens to the value that was sealed, of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        async (person, value, aad) => {
          const plain = JSON.parse(JSON.stringify(value)) as Sealable;
          expect(await sealer.openForSubject(person, await sealer.sealForSubject(person, plain, aad), aad)).toEqual(
            plain,
          );
        },
      ),
    );
  });

  it('opens to the bytes that were sealed', async () => {
    const sealed = await sealer.sealForSubject('p', Buffer.from([0, 255, 1]), 'a');
    expect(await sealer.openBytesForSubject('p', sealed, 'a')).toEqual(Buffer.from([0, 255, 1]));
  });

  it('seals and opens many values at once', async () => {
    const items = Array.from({ length: 50 }, (_, n) => ({ personId: `p${n % 7}`, value: { n }, aad: `a${n}` }));
    const sealed = await sealer.sealAllForSubjects(items);
    await keys.destroy(tombstoneOf('p3'));
    const opened = await sealer.openAllForSubjects(items.map((item, n) => ({ ...item, sealed: sealed[n] ?? '' })));
    expect(opened).toEqual(items.map(({ personId, value }) => (personId === 'p3' ? FORGOTTEN : value)));
  });

  it('does not open for another person or place', async () => {
    const sealed = await sealer.sealForSubject('one', { a: 1 }, 'here');
    await sealer.sealForSubject('two', { a: 1 }, 'here');
    await expect(sealer.openForSubject('two', sealed, 'here')).rejects.toThrow(KeyMissing);
    await expect(sealer.openForSubject('one', sealed, 'there')).rejects.toThrow(Unsealable);
  });

  it('opens to forgotten once the key is destroyed, and refuses to seal', async () => {
    const sealed = await sealer.sealForSubject('gone', { a: 1 }, 'a');
    await keys.destroy(tombstoneOf('gone'));
    expect(await sealer.openForSubject('gone', sealed, 'a')).toBe(FORGOTTEN);
    expect(await sealer.openBytesForSubject('gone', sealed, 'a')).toBe(FORGOTTEN);
    await expect(sealer.sealForSubject('gone', { a: 1 }, 'a')).rejects.toThrow(Rejection);
    const items = ['gone', 'here'].map((personId) => ({ personId, value: { a: 1 }, aad: 'a' }));
    await expect(sealer.sealAllForSubjects(items)).rejects.toThrow(Rejection);
    expect(await sealer.sealAllUnlessForgotten(items)).toEqual([undefined, expect.any(String)]);
  });

  it('throws KeyMissing, and says whose, when there is neither a key nor a tombstone', async () => {
    const sealed = await sealer.sealForSubject('p', { a: 1 }, 'a');
    const missing: string[] = [];
    const elsewhere = new SubjectSealer(new MemorySubjectKeys(), (personId) => missing.push(personId));
    await expect(elsewhere.openForSubject('p', sealed, 'a')).rejects.toThrow(KeyMissing);
    await expect(elsewhere.openBytesForSubject('p', sealed, 'a')).rejects.toThrow(KeyMissing);
    await expect(elsewhere.openAllForSubjects([{ personId: 'p', sealed, aad: 'a' }])).rejects.toThrow(KeyMissing);
    expect(missing).toEqual(['p', 'p', 'p']);
  });

  it('throws KeyMissing also when the person got another key since', async () => {
    const sealed = await sealer.sealForSubject('p', { a: 1 }, 'a');
    const missing: string[] = [];
    const afterLoss = new SubjectSealer(new MemorySubjectKeys(), (personId) => missing.push(personId));
    const fresh = await afterLoss.sealForSubject('p', { a: 2 }, 'a');
    await expect(afterLoss.openForSubject('p', sealed, 'a')).rejects.toThrow(KeyMissing);
    expect(missing).toEqual(['p']);
    expect(await afterLoss.openForSubject('p', fresh, 'a')).toEqual({ a: 2 });
  });
});

const tombstoneOf = (personId: string) => ({ personId, erasedAt: new Date(0), reason: 'TEST' });
