import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer } from './server.js';
import { EchoServer, trustDomain } from '../testing/echo-server.js';
import { request } from '../testing/echo-service.js';
import { PlainHealth } from '../testing/plain-health.js';
import { until } from '../testing/until.js';

const CHECKS = ['database', 'subject-keys', 'bus', 'policy'] as const;

describe('health without TLS', () => {
  let available: Record<(typeof CHECKS)[number], boolean>;
  let echo: EchoServer;
  let plain: PlainHealth;

  beforeEach(async () => {
    available = { database: true, 'subject-keys': true, bus: true, policy: true };
    const readiness = Object.fromEntries(CHECKS.map((name) => [name, () => available[name]]));
    echo = await EchoServer.start({ healthPort: 0, readiness });
    plain = new PlainHealth(echo.server.healthPort);
  });
  afterEach(async () => {
    plain.close();
    await echo.stop();
  });

  it('is served by check, and nothing else is', async () => {
    for (const name of ['', 'liveness', 'startup', ...CHECKS]) expect(await plain.check(name)).toBe('SERVING');
    expect(await plain.check('crossroads.spec.v1.EchoService')).toBe(status.NOT_FOUND);
  });

  it.each(CHECKS)('says that the service is not ready without its %s, and alive all the same', async (name) => {
    available[name] = false;
    await echo.server.health.refresh();
    expect(await plain.check('')).toBe('NOT_SERVING');
    expect(await plain.check(name)).toBe('NOT_SERVING');
    for (const other of CHECKS) if (other !== name) expect(await plain.check(other)).toBe('SERVING');
    expect(await plain.check('liveness')).toBe('SERVING');
    expect(await plain.check('startup')).toBe('SERVING');
    available[name] = true;
    await echo.server.health.refresh();
    expect(await plain.check('')).toBe('SERVING');
  });

  it('says NOT_SERVING as soon as a stop begins, and alive until it has ended', async () => {
    const exchange = await echo.asExchange();
    const inFlight = exchange.echo(request('wait'));
    await until(() => echo.waiting.length === 1, 'the handler waits');
    const stopped = echo.server.stop();
    expect(await plain.check('')).toBe('NOT_SERVING');
    expect(await plain.check('liveness')).toBe('SERVING');
    for (const release of echo.waiting) release();
    await inFlight;
    await stopped;
    expect(await plain.check('liveness')).toBe(status.UNAVAILABLE);
  });

  it('needs a port, and names the setting when that is taken', async () => {
    const options = { host: '127.0.0.1', port: 0, tls: echo.folderTls, trustDomain, domain: 'spec', services: [] };
    const without = await startServer(options);
    expect(without.healthPort).toBeUndefined();
    await without.stop();
    const taken = echo.server.healthPort;
    await expect(startServer({ ...options, healthPort: taken })).rejects.toThrow('Choose another HEALTH_PORT');
  });
});
