import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lostLine, type LostPerson, lostPersonsIn } from './lost-persons.js';

const SERVICE = 'person.identification.v1';
const [A, B] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
const lost = (personId: string, sourceRevision: bigint, changes = 1): LostPerson => ({
  ...{ dataService: SERVICE, personId, sourceRevision, changes },
});

describe('what a resync prints of lost persons', () => {
  it('is read again, among all that it prints', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 20 }),
        fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }),
        fc.nat(999_999_999),
        (personIds, sourceRevision, changes) => {
          const persons = personIds.map((personId) => lost(personId, sourceRevision, changes));
          const printed = ['log 1 of somebody: went back', ...persons.map(lostLine), 'Generation 1 goes on.', ''];
          expect(lostPersonsIn(printed.join('\r\n'))).toEqual(persons);
        },
      ),
    );
  });

  it('counts each person once, with the highest revision', () => {
    const printed = [lost(A, 3n), lost(B, 2n), lost(A, 9n), lost(A, 5n)].map(lostLine).join('\n');
    expect(lostPersonsIn(printed)).toEqual([lost(A, 9n), lost(B, 2n)]);
  });

  it.each([`lost ${SERVICE} ${A} 3`, `lost ${SERVICE} 85673000185 3 1`, `lost ${SERVICE} ${A} -3 1`, `lost ${A} 3 1`])(
    'is refused with the number of a line that is wrong: %s',
    (line) => expect(() => lostPersonsIn(`${lostLine(lost(A, 3n))}\n${line}`)).toThrow(/^line 2 is not "lost /),
  );

  it('is refused when there is none', () => {
    expect(() => lostPersonsIn('partition 3: nothing was read of this partition yet.\n')).toThrow(/^there is no line/);
  });
});
