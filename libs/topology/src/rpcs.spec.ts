import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { calledBy, callersOf, callsSources } from './calls.js';
import { MESSAGE_BYTES } from './message-bytes.js';
import { OF_CITIZENS, RPCS, rpcsOf } from './rpcs.js';
import { SERVICES } from './services/index.js';
import { DOCUMENT_PROVIDERS, SOURCES } from './sources.js';

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

describe('the rpcs of the topology', () => {
  let generated: string[];
  beforeAll(async () => {
    generated = await generatedPaths();
  });

  it('are all those that have a size', () => {
    const paths = served.map(({ path }) => path);
    for (const path of Object.keys(MESSAGE_BYTES)) expect(paths).toContain(path);
  });

  it('are those of the contracts', () => {
    expect(generated.length).toBeGreaterThan(30);
    const ofProviders = Object.keys(DOCUMENT_PROVIDERS).map((service) => `/${service}/`);
    const inMesh = generated.filter((path) => !ofProviders.some((service) => path.startsWith(service)));
    expect([...new Set(served.map(({ path }) => path))].toSorted((a, b) => a.localeCompare(b))).toEqual(inMesh);
  });

  it('have at least one caller each', () => {
    for (const { path, callers } of served) expect([path, callers.length > 0]).toEqual([path, true]);
  });

  it('have the same callers at the authentic source in the mesh as at those outside', () => {
    const own = rpcsOf('person-registry').filter(({ service }) => service in SOURCES);
    expect(own.map(({ callers }) => callers)).toEqual(Object.values(SOURCES).flatMap((rpcs) => Object.values(rpcs)));
  });

  it('for citizens exist', () => {
    for (const path of OF_CITIZENS) expect(generated).toContain(path);
  });
});

describe('a caller rule for every service', () => {
  it('lets every service but the server itself call, and none that serves pages', () => {
    expect(RPCS.authorization['crossroads.authorization.v1.AuthorizationService'].watch).toEqual(
      SERVICES.filter((name) => name !== 'authorization' && name !== 'portal').map((name) => `service:${name}`),
    );
  });
});

describe('calls between services', () => {
  it('follow from the callers of rpcs', () => {
    expect(calledBy('authorization')).toEqual([]);
    expect(calledBy('exchange')).toEqual(['authorization', 'person-registry', 'reference-directory']);
    expect(callersOf('subscription')).toEqual(['access-audit']);
    expect(calledBy('ebox')).toEqual(['authorization', 'person-registry', 'reference-directory']);
  });

  it('go to institutions from the exchange, subscription and the eBox only', () => {
    expect(SERVICES.filter(callsSources)).toEqual(['exchange', 'subscription', 'ebox']);
  });
});
