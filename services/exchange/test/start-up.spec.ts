import { eventually } from '@crossroads/testing';
import { Link, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { World } from './world.js';

describe('an exchange started while neither database nor bus can be reached', () => {
  let mesh: TestMesh;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    await World.create(mesh);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  it('waits for its database, serves once that is there, and is ready once the bus is', async () => {
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
    const starting = mesh.startInProcess(service, AppModule, {
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
    expect(Object.keys(needs()).sort()).toEqual(['LOG_FORKED', 'bus', 'database', 'journal', 'policy', 'subject-keys']);
  }, 60_000);
});
