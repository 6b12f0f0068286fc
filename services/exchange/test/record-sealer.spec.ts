import { randomBytes, randomUUID } from 'node:crypto';
import { FORGOTTEN, KeyMissing, MemorySubjectKeys, SubjectSealer, Unsealable } from '@crossroads/privacy';
import { describe, expect, it } from '@jest/globals';
import { RecordSealer } from '../src/journal/record-sealer.js';

const salted = () => ({ salt: randomBytes(32), bytes: randomBytes(200) });

describe('a record sealer', () => {
  it('opens from memory what it sealed, and anything else by the key of the person', async () => {
    const sealer = new SubjectSealer(new MemorySubjectKeys());
    const [own, another] = [new RecordSealer(sealer), new RecordSealer(sealer)];
    const [person, journal, record] = [randomUUID(), randomUUID(), salted()];
    const sealed = await own.seal(person, journal, 'record', record);
    for (const seals of [own, own, another])
      expect(await seals.open(person, journal, 'record', sealed)).toEqual(record);
  });

  it('opens a record only for its own person, access and part, also from memory', async () => {
    const seals = new RecordSealer(new SubjectSealer(new MemorySubjectKeys()));
    const [person, other, journal] = [randomUUID(), randomUUID(), randomUUID()];
    const sealed = await seals.seal(person, journal, 'record', salted());
    const outcome = await seals.seal(person, journal, 'outcome', salted());
    const theirs = await seals.seal(other, randomUUID(), 'record', salted());
    await expect(seals.open(person, journal, 'outcome', sealed)).rejects.toThrow(Unsealable);
    await expect(seals.open(other, journal, 'record', sealed)).rejects.toThrow(KeyMissing);
    await seals.seal(person, journal, 'record', salted());
    await expect(seals.open(person, journal, 'record', outcome)).rejects.toThrow(Unsealable);
    await expect(seals.open(person, journal, 'record', theirs)).rejects.toThrow(KeyMissing);
  });

  it('opens nothing after the key was destroyed, from memory once at most', async () => {
    const keys = new MemorySubjectKeys();
    const [own, another] = [new RecordSealer(new SubjectSealer(keys)), new RecordSealer(new SubjectSealer(keys))];
    const [person, journal] = [randomUUID(), randomUUID()];
    const sealed = await own.seal(person, journal, 'record', salted());
    await keys.destroy({ personId: person, erasedAt: new Date(), reason: 'TEST' });
    expect(await another.open(person, journal, 'record', sealed)).toBe(FORGOTTEN);
    await own.open(person, journal, 'record', sealed);
    expect(await own.open(person, journal, 'record', sealed)).toBe(FORGOTTEN);
  });
});
