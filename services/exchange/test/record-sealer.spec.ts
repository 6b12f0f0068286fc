import { randomBytes, randomUUID } from 'node:crypto';
import { Release } from '@crossroads/contracts/access/v1/access_record';
import { FORGOTTEN, KeyMissing, MemorySubjectKeys, SubjectSealer, Unsealable } from '@crossroads/privacy';
import { describe, expect, it } from '@jest/globals';
import { RecordSealer } from '../src/journal/record-sealer.js';

const releases = () => [Release.fromPartial({ ask: randomBytes(200), askSalt: randomBytes(32) })];

describe('a record sealer', () => {
  it('opens from memory what it sealed, and anything else by the key of the person', async () => {
    const sealer = new SubjectSealer(new MemorySubjectKeys());
    const [own, another] = [new RecordSealer(sealer), new RecordSealer(sealer)];
    const [person, journal, record] = [randomUUID(), randomUUID(), releases()];
    const sealed = await own.seal(person, journal, 'begun', record);
    for (const seals of [own, own, another]) expect(await seals.open(person, journal, 'begun', sealed)).toEqual(record);
  });

  it('opens a record only for its own person, access and part, also from memory', async () => {
    const seals = new RecordSealer(new SubjectSealer(new MemorySubjectKeys()));
    const [person, other, journal] = [randomUUID(), randomUUID(), randomUUID()];
    const sealed = await seals.seal(person, journal, 'begun', releases());
    const outcome = await seals.seal(person, journal, 'outcomes', releases());
    const theirs = await seals.seal(other, randomUUID(), 'begun', releases());
    await expect(seals.open(person, journal, 'outcomes', sealed)).rejects.toThrow(Unsealable);
    await expect(seals.open(other, journal, 'begun', sealed)).rejects.toThrow(KeyMissing);
    await seals.seal(person, journal, 'begun', releases());
    await expect(seals.open(person, journal, 'begun', outcome)).rejects.toThrow(Unsealable);
    await expect(seals.open(person, journal, 'begun', theirs)).rejects.toThrow(KeyMissing);
  });

  it('opens nothing after the key was destroyed, from memory once at most', async () => {
    const keys = new MemorySubjectKeys();
    const [own, another] = [new RecordSealer(new SubjectSealer(keys)), new RecordSealer(new SubjectSealer(keys))];
    const [person, journal] = [randomUUID(), randomUUID()];
    const sealed = await own.seal(person, journal, 'begun', releases());
    await keys.destroy({ personId: person, erasedAt: new Date(), reason: 'TEST' });
    expect(await another.open(person, journal, 'begun', sealed)).toBe(FORGOTTEN);
    await own.open(person, journal, 'begun', sealed);
    expect(await own.open(person, journal, 'begun', sealed)).toBe(FORGOTTEN);
  });
});
