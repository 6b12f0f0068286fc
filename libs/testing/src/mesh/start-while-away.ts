import type { ServiceDefinition } from '@crossroads/service';
import { expect } from '@jest/globals';
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
  expect(listens).toBe(false);

  database.link.mend();
  migrator.link.mend();
  const { server } = await starting;
  const needs = () => Object.fromEntries(server.health.results());
  expect(needs()).toMatchObject({ database: true, 'subject-keys': true, bus: false });
  bus.mend();
  await eventually(needs, (there) => Object.values(there).every(Boolean));
  return Object.keys(needs()).sort();
};
