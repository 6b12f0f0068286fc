import type { Json, NewEvent, StreamAppend } from '@crossroads/eventsourcing';

/** A person and the number that stands for the person in events and rows. */
export interface NumberedPerson {
  readonly person: number;
  readonly personId: string;
}

export const NUMBERED = 'PersonsNumbered';

/** A stream of one event, named by a number that only it can give: nobody waits for another one. */
export const numberedStream = (first: number): Omit<StreamAppend, 'events'> => ({
  streamId: `persons-${first}`,
  streamType: 'persons',
  expectedRevision: 0n,
});

/** 20 bytes a person, as base64: the number and the UUID. */
export const numberedEvent = (persons: readonly NumberedPerson[]): NewEvent => {
  const packed = Buffer.alloc(persons.length * SIZE);
  persons.forEach(({ person, personId }, n) => {
    packed.writeInt32BE(person, n * SIZE);
    packed.write(personId.replaceAll('-', ''), n * SIZE + 4, 'hex');
  });
  return { type: NUMBERED, data: { packed: packed.toString('base64') } };
};

/** @param stored the data of a `PersonsNumbered` */
export const numberedPersons = (stored: Json): NumberedPerson[] => {
  // Written by `numberedEvent` above.
  const packed = Buffer.from((stored as { readonly packed: string }).packed, 'base64');
  return Array.from({ length: packed.length / SIZE }, (_, n) => ({
    person: packed.readInt32BE(n * SIZE),
    personId: uuidOf(packed.toString('hex', n * SIZE + 4, (n + 1) * SIZE)),
  }));
};

const SIZE = 20;

const uuidOf = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
