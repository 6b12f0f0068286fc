import { startWhileAway, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';

describe('a start while neither database nor bus can be reached', () => {
  let mesh: TestMesh;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  it('waits for its database, serves once that is there, and is ready once the bus is', async () => {
    const checks = await startWhileAway(mesh, service, AppModule);
    expect(checks).toEqual(['LOG_FORKED', 'bus', 'database', 'policy', 'subject-keys']);
  }, 60_000);
});
