import type { DataService } from '@crossroads/contracts/authorization/v1/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cut } from './cut.js';
import { compileDataService, pathsOf } from './data-service.js';
import type { JsonObject, JsonValue } from './json.js';
import { wages } from './decide.examples.js';

const service = compileDataService(wages);
const answer: JsonObject = {
  wages: [
    { employer: { name: 'Bakery', number: '1' }, amount: '10.00', start: '2026-01-01', note: 'x' },
    { employer: { name: 'Garage' }, amount: '20.00', '85073003328': 'a name that is data' },
  ],
  total: '30.00',
};

describe('cut', () => {
  it('cut keeps what is below the paths of released groups, and names each other path once', () => {
    expect(cut(answer, service, ['employer'], ['employer', 'amounts'])).toEqual({
      data: { wages: [{ employer: { name: 'Bakery', number: '1' } }, { employer: { name: 'Garage' } }] },
      filtered: [
        { path: 'wages.amount', fieldGroup: 'amounts', reason: 'NOT_GRANTED' },
        { path: 'wages.start', fieldGroup: 'periods', reason: 'NOT_REQUESTED' },
        { path: 'wages.note', fieldGroup: '', reason: 'IN_NO_FIELD_GROUP' },
        { path: 'wages.*', fieldGroup: '', reason: 'IN_NO_FIELD_GROUP' },
        { path: 'total', fieldGroup: 'amounts', reason: 'NOT_GRANTED' },
      ],
    });
  });

  it('a path that is not in the data is not listed as cut', () => {
    expect(cut({ wages: [] }, service, ['employer'])).toEqual({ data: {}, filtered: [] });
    expect(cut({}, service, [])).toEqual({ data: {}, filtered: [] });
  });

  it('everything is cut when no group is released', () => {
    const { data, filtered } = cut(answer, service, []);
    expect(data).toEqual({});
    expect(filtered.map(({ path }) => path)).toEqual([
      'wages.employer',
      'wages.amount',
      'wages.start',
      'wages.note',
      'wages.*',
      'total',
    ]);
  });

  it('a released path below one that is not released is kept', () => {
    const nested = compileDataService({
      ...wages,
      jsonSchema: { properties: { file: { properties: { secret: {}, open: {} } } } },
      fieldGroups: [
        { name: 'file', paths: ['file'] },
        { name: 'open', paths: ['file.open'] },
      ],
    });
    const data = { file: { secret: 1, open: 2 } };
    expect(cut(data, nested, ['open'])).toEqual({
      data: { file: { open: 2 } },
      filtered: [{ path: 'file.secret', fieldGroup: 'file', reason: 'NOT_GRANTED' }],
    });
    expect(cut(data, nested, ['file'])).toEqual({ data, filtered: [] });
  });

  it('a scalar above the paths is cut', () => {
    expect(cut({ wages: 'all of them' }, service, ['employer'])).toEqual({
      data: {},
      filtered: [{ path: 'wages', fieldGroup: '', reason: 'IN_NO_FIELD_GROUP' }],
    });
  });

  it('properties named like those of JavaScript objects are treated like any other', () => {
    const wages = Object.fromEntries([['__proto__', 3]]);
    const data: JsonObject = Object.fromEntries<JsonValue>([
      ['__proto__', { employer: 1 }],
      ['constructor', 2],
      ['wages', wages],
    ]);
    expect(cut(data, service, ['employer', 'amounts', 'periods']).data).toEqual({});
  });

  it('pathsOf gives the paths of groups, and none for unknown groups', () => {
    expect(pathsOf(service, ['amounts', 'employer', 'unknown'])).toEqual(['wages.amount', 'total', 'wages.employer']);
  });
});

const name = fc.constantFrom('a', 'b', 'c', 'd');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('.'));
const groupNames = ['g1', 'g2', 'g3'];
const anyService: fc.Arbitrary<DataService> = fc
  .tuple(...groupNames.map(() => fc.array(path, { maxLength: 3 })))
  .map((paths) => ({
    ...wages,
    fieldGroups: groupNames.map((group, index) => ({ name: group, paths: paths[index] ?? [] })),
  }));
const { data: anyData } = fc.letrec<{ value: JsonValue; data: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.integer(), tie('data'), fc.array(tie('value'), { maxLength: 3 })),
  data: fc.dictionary(name, tie('value'), { maxKeys: 4 }),
}));

/** Paths of all leaves; an empty object or array is a leaf. */
const leaves = (value: JsonValue, at: readonly string[] = []): string[] => {
  const elements: [readonly string[], JsonValue][] = Array.isArray(value)
    ? value.map((element: JsonValue) => [at, element])
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, element]) => [[...at, key], element])
      : [];
  return elements.length > 0 ? elements.flatMap(([path, element]) => leaves(element, path)) : [at.join('.')];
};
const isUnder = (paths: readonly string[], leaf: string): boolean =>
  paths.some((path) => leaf === path || leaf.startsWith(`${path}.`));

describe('cut, whatever the data', () => {
  it('cut keeps exactly the leaves under released paths, whatever the data', () => {
    fc.assert(
      fc.property(anyService, anyData, fc.subarray(groupNames), (message, data, released) => {
        const compiled = compileDataService(message);
        const paths = pathsOf(compiled, released);
        const left = cut(data, compiled, released).data;
        const kept = Object.keys(left).length > 0 ? leaves(left) : [];
        const expected = Object.keys(data).length > 0 ? leaves(data).filter((leaf) => isUnder(paths, leaf)) : [];
        expect(kept.sort()).toEqual(expected.sort());
      }),
      { numRuns: 500 },
    );
  });

  it('the list of what was cut names only paths of the data, once, and none that was kept', () => {
    fc.assert(
      fc.property(
        anyService,
        anyData,
        fc.subarray(groupNames),
        fc.subarray(groupNames),
        (message, data, some, asked) => {
          const compiled = compileDataService(message);
          const { filtered } = cut(data, compiled, some, asked);
          const there = leaves(data);
          const paths = filtered.map((one) => one.path);
          expect(new Set(paths).size).toBe(paths.length);
          const released = pathsOf(compiled, some);
          for (const { path, fieldGroup, reason } of filtered) {
            if (!path.includes('*')) expect(there.some((leaf) => isUnder([path], leaf))).toBe(true);
            expect(isUnder(released, path)).toBe(false);
            expect(fieldGroup === '').toBe(reason === 'IN_NO_FIELD_GROUP');
            if (reason === 'NOT_REQUESTED') expect(asked).not.toContain(fieldGroup);
          }
        },
      ),
    );
  });
});
