import assert from 'node:assert/strict';
import type { ServiceDefinition } from '@crossroads/service';
import type { Type } from '@nestjs/common';
import { eventually } from '../eventually.js';
import { Link } from './link.js';
import type { TestMesh } from './test-mesh.js';

/**
 * Starts a service while neither its database nor the bus can be reached, and expects that it waits for the database, serves once that is
 * there, and is ready once the bus is. Resolves to the names of its readiness checks, sorted.
 */
export const startWhileAway = async (mesh: TestMesh, service: ServiceDefinition, module: Type): Promise<string[]> => {
  const { url, migratorUrl } = mesh.database;
  const [database, migrator] = [await Link.ofUrl(url), await Link.ofUrl(migratorUrl)];
  const bus = mesh.bus.link;
  if (!bus) throw new Error('an embedded bus has a link');
  for (const { link } of [database, migrator]) {
    mesh.defer(() => link.close());
    link.cut();
  }
  bus.cut();

  let listens = false;
  const starting = mesh.startInProcess(service, module, {
    env: { DATABASE_URL: database.url, DATABASE_MIGRATOR_URL: migrator.url },
    until: 'listening',
  });
  void starting.then(() => {
    listens = true;
  });
  await eventually(
    () => database.link.refused + migrator.link.refused,
    (refused) => refused >= 3,
  );
  assert.equal(listens, false);

  database.link.mend();
  migrator.link.mend();
  const { server } = await starting;
  const needs = () => Object.fromEntries(server.health.results());
  const { database: hasDatabase, 'subject-keys': hasKeys, bus: hasBus } = needs();
  assert.deepEqual({ hasDatabase, hasKeys, hasBus }, { hasDatabase: true, hasKeys: true, hasBus: false });
  bus.mend();
  await eventually(needs, (there) => Object.values(there).every(Boolean));
  return Object.keys(needs()).sort();
};
