import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberedEvent, numberedPersons } from './numbered.codec.js';

describe('the event that gives persons their numbers', () => {
  it('holds each person with the number', () => {
    const person = fc.record({ person: fc.integer({ min: 1, max: 2 ** 31 - 1 }), personId: fc.uuid() });
    fc.assert(
      fc.property(fc.array(person, { minLength: 1 }), (persons) => {
        expect(numberedPersons(numberedEvent(persons).data)).toEqual(persons);
      }),
    );
  });
});
