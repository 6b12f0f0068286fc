import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { institutionsWithFile, type OwnInscription, permissionsOf, type PublishedGrant } from './permissions.rules.js';

const TODAY = '2026-11-28' as IsoDay;
const day = (text: string) => text as IsoDay;

const file = (changes: Partial<OwnInscription> = {}): OwnInscription => ({
  institution: '0999000624',
  context: '18/1',
  start: day('2026-01-01'),
  end: undefined,
  ...changes,
});

const grant = (changes: Partial<PublishedGrant> = {}): PublishedGrant => ({
  deliberationId: 'd',
  reference: '26/002',
  recipient: '0999000624',
  dataService: 'person.identification.v1',
  fieldGroups: ['address'],
  purposes: ['NEO:UNEMPLOYMENT_BENEFIT'],
  contexts: ['NEO:CONTROLLED_UNEMPLOYED'],
  start: day('2020-01-01'),
  end: undefined,
  ...changes,
});

describe('who may look', () => {
  it('is who has a file in a context of the grant, by its code or by its text', () => {
    expect(permissionsOf([file()], [grant()], TODAY)).toEqual([
      {
        dataService: 'person.identification.v1',
        permissions: [
          {
            deliberationId: 'd',
            reference: '26/002',
            recipient: '0999000624',
            fieldGroups: ['address'],
            purposes: ['NEO:UNEMPLOYMENT_BENEFIT'],
            end: undefined,
          },
        ],
      },
    ]);
  });

  it('counts the last day of a file and of a grant', () => {
    expect(permissionsOf([file({ end: TODAY })], [grant({ end: TODAY })], TODAY)).toHaveLength(1);
  });

  it.each([
    ['an institution without a file', [], [grant()]],
    ['a file of another institution', [file({ institution: '0999000723' })], [grant()]],
    ['a file in another context', [file({ context: '17/2' })], [grant()]],
    ['a file that ended', [file({ end: day('2026-11-27') })], [grant()]],
    ['a file that begins later', [file({ start: day('2026-11-29') })], [grant()]],
    ['a grant that ended', [file()], [grant({ end: day('2026-11-27') })]],
    ['a grant that begins later', [file()], [grant({ start: day('2026-11-29') })]],
    ['a grant without contexts', [file()], [grant({ contexts: [] })]],
  ])('is nobody with %s', (_, inscriptions, grants) => {
    expect(permissionsOf(inscriptions, grants, TODAY)).toEqual([]);
  });

  it('is only ever somebody with a file today, and more files never take a permission away', () => {
    const days = fc.constantFrom(undefined, day('2026-11-27'), TODAY, day('2026-11-29'));
    const institutions = fc.constantFrom('a', 'b', 'c');
    const contexts = fc.constantFrom('18/1', 'NEO:CONTROLLED_UNEMPLOYED', '17/2');
    const files = fc.array(fc.record({ institution: institutions, context: contexts, start: days, end: days }));
    const grants = fc.array(
      fc
        .record({ recipient: institutions, contexts: fc.array(contexts), start: days, end: days })
        .map((changes) => grant(changes)),
    );
    const countOf = (inscriptions: readonly OwnInscription[], all: readonly PublishedGrant[]): number =>
      permissionsOf(inscriptions, all, TODAY).flatMap(({ permissions }) => permissions).length;
    fc.assert(
      fc.property(files, grants, files, (some, all, more) => {
        const known = new Set(institutionsWithFile(some, TODAY));
        for (const { permissions } of permissionsOf(some, all, TODAY))
          for (const { recipient } of permissions) expect(known.has(recipient)).toBe(true);
        expect(countOf([...some, ...more], all)).toBeGreaterThanOrEqual(countOf(some, all));
      }),
    );
  });
});
