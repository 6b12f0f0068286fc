import { freePort } from '@crossroads/local';
import { TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

describe('the portal as a process', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await TestMesh.start('portal');
  });
  afterAll(() => mesh?.stop());

  it('the portal starts while no service and no sign-in provider answers, and serves its first page', async () => {
    const port = await freePort();
    const address = `http://localhost:${port}`;
    const portal = await mesh.startProcess({
      env: { HTTP_PORT: String(port), PUBLIC_URL: address, SIGN_IN_ISSUER: 'http://localhost:9' },
    });
    const answer = await fetch(`${address}/en`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await portal.stop()).toBe(0);
  });
});
