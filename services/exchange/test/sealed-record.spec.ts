import { randomBytes, randomUUID } from 'node:crypto';
import { FORGOTTEN, MemorySubjectKeys, SubjectSealer, Unsealable } from '@crossroads/privacy';
import { describe, expect, it } from '@jest/globals';
import { RecordSeals } from '../src/journal/sealed-record.js';

const salted = () => ({ salt: randomBytes(32), bytes: randomBytes(200) });

describe('sealed records', () => {
  it('are opened from memory by who sealed them, and by their key otherwise', async () => {
    const sealer = new SubjectSealer(new MemorySubjectKeys());
    const [own, another] = [new RecordSeals(sealer), new RecordSeals(sealer)];
    const [person, journal, record] = [randomUUID(), randomUUID(), salted()];
    const sealed = await own.seal(person, journal, 'record', record);
    for (const seals of [own, own, another])
      expect(await seals.open(person, journal, 'record', sealed)).toEqual(record);
  });

  it('open for their own person and place only, and unchanged, also from memory', async () => {
    const seals = new RecordSeals(new SubjectSealer(new MemorySubjectKeys()));
    const [person, other, journal] = [randomUUID(), randomUUID(), randomUUID()];
    const sealed = await seals.seal(person, journal, 'record', salted());
    const outcome = await seals.seal(person, journal, 'outcome', salted());
    const theirs = await seals.seal(other, randomUUID(), 'record', salted());
    await expect(seals.open(person, journal, 'outcome', sealed)).rejects.toThrow(Unsealable);
    await expect(seals.open(other, journal, 'record', sealed)).rejects.toThrow(Unsealable);
    await seals.seal(person, journal, 'record', salted());
    await expect(seals.open(person, journal, 'record', outcome)).rejects.toThrow(Unsealable);
    await expect(seals.open(person, journal, 'record', theirs)).rejects.toThrow(Unsealable);
  });

  it('are forgotten with their key, from memory after one look at the most', async () => {
    const keys = new MemorySubjectKeys();
    const [own, another] = [new RecordSeals(new SubjectSealer(keys)), new RecordSeals(new SubjectSealer(keys))];
    const [person, journal] = [randomUUID(), randomUUID()];
    const sealed = await own.seal(person, journal, 'record', salted());
    await keys.destroy(person);
    expect(await another.open(person, journal, 'record', sealed)).toBe(FORGOTTEN);
    await own.open(person, journal, 'record', sealed);
    expect(await own.open(person, journal, 'record', sealed)).toBe(FORGOTTEN);
  });
});
