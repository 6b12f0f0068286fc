import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysOf, SEALED_TOPICS, SERVICES, type ServiceName } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceKeyFile } from './key-files.js';

describe('key files of a mesh on one machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-keys-'));
  const keys = new Map<ServiceName, Readonly<Record<string, unknown>>>();
  beforeAll(async () => {
    for (const name of SERVICES) {
      const file = await serviceKeyFile(folder, name);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
      const held = new Map<string, unknown>(Object.entries(Object(content) as object)).get('keys');
      keys.set(name, Object.fromEntries(Object.entries(Object(held) as object)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const namesOf = (name: ServiceName): string[] => Object.keys(keys.get(name) ?? {});

  it('key files contain exactly the keys of the topology', () => {
    for (const name of SERVICES)
      expect([name, ...namesOf(name).toSorted((a, b) => a.localeCompare(b))]).toEqual([
        name,
        ...[...keysOf(name)].toSorted((a, b) => a.localeCompare(b)),
      ]);
  });

  it('shared keys are the same in all key files, and others differ', () => {
    const valuesOf = (key: string) =>
      [...keys.values()].flatMap((held) => (key in held ? [JSON.stringify(held[key])] : []));
    for (const shared of [...SEALED_TOPICS, 'ssin-index']) expect(new Set(valuesOf(shared)).size).toBe(1);
    for (const own of ['page-tokens', 'subject-keys'])
      expect(new Set(valuesOf(own)).size).toBe(SERVICES.filter((name) => namesOf(name).includes(own)).length);
  });
});
