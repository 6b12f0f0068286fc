import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { calledBy, callersOf, callsSources, isForInstitutions } from './arrows.js';
import { OF_CITIZENS, rpcsOf, SOURCES } from './rpcs.js';
import { SERVICES } from './services.js';

const CONTRACTS = join(import.meta.dirname, '..', '..', 'contracts', 'dist', 'crossroads');

/** The paths of all rpcs of the generated contracts. */
const generatedPaths = async (): Promise<string[]> => {
  const files = readdirSync(CONTRACTS, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('_service.js'),
  );
  const modules: unknown[] = await Promise.all(files.map((file) => import(pathToFileURL(join(CONTRACTS, file)).href)));
  return modules
    .flatMap((module) => Object.entries(module ?? {}))
    .filter(([name]) => name.endsWith('ServiceService'))
    .flatMap(([, definition]) =>
      Object.values(Object(definition) as Readonly<Record<string, { readonly path: string }>>),
    )
    .map(({ path }) => path)
    .toSorted((a, b) => a.localeCompare(b));
};

const served = SERVICES.flatMap(rpcsOf);

describe('the table of rpcs', () => {
  let generated: string[];
  beforeAll(async () => {
    generated = await generatedPaths();
  });

  it('has every rpc of the contracts, and no other', () => {
    expect(generated.length).toBeGreaterThan(30);
    expect([...new Set(served.map(({ path }) => path))].toSorted((a, b) => a.localeCompare(b))).toEqual(generated);
  });

  it('lets somebody call each', () => {
    for (const { path, callers } of served) expect([path, callers.length > 0]).toEqual([path, true]);
  });

  it("lets nobody into an authentic source who may not ask the mesh's own", () => {
    const own = rpcsOf('person-registry').filter(({ service }) => service in SOURCES);
    expect(own.map(({ callers }) => callers)).toEqual(Object.values(SOURCES).flatMap((rpcs) => Object.values(rpcs)));
  });

  it('names rpcs of citizens that exist', () => {
    for (const path of OF_CITIZENS) expect(generated).toContain(path);
  });
});

describe('the arrows', () => {
  it('are those of the mesh', () => {
    expect(Object.fromEntries(SERVICES.map((name) => [name, calledBy(name)]))).toEqual({
      authorization: [],
      'person-registry': ['authorization'],
      'reference-directory': ['authorization', 'person-registry'],
      exchange: ['authorization', 'person-registry', 'reference-directory'],
      subscription: ['authorization', 'person-registry', 'reference-directory', 'exchange'],
      'access-audit': ['authorization', 'reference-directory', 'exchange', 'subscription'],
    });
    expect(callersOf('subscription')).toEqual(['access-audit']);
  });

  it('come in from institutions everywhere, and go out to them from the exchange alone', () => {
    expect(SERVICES.filter(isForInstitutions)).toEqual(SERVICES);
    expect(SERVICES.filter(callsSources)).toEqual(['exchange']);
  });
});
