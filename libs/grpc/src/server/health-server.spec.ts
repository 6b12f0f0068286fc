import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startServer } from './server.js';
import { EchoServer, trustDomain } from '../testing/echo-server.js';
import { request } from '../testing/echo-service.js';
import { PlainHealth } from '../testing/plain-health.js';
import { until } from '../testing/until.js';

const NEEDS = ['database', 'subject-keys', 'bus', 'policy'] as const;

describe('what a kubelet may ask', () => {
  let there: Record<(typeof NEEDS)[number], boolean>;
  let echo: EchoServer;
  let plain: PlainHealth;

  beforeEach(async () => {
    there = { database: true, 'subject-keys': true, bus: true, policy: true };
    const readiness = Object.fromEntries(NEEDS.map((name) => [name, () => there[name]]));
    echo = await EchoServer.start({ healthPort: 0, readiness });
    plain = new PlainHealth(echo.server.healthPort);
  });
  afterEach(async () => {
    plain.close();
    await echo.stop();
  });

  it('is health, without a certificate', async () => {
    for (const name of ['', 'liveness', 'startup', ...NEEDS]) expect(await plain.check(name)).toBe('SERVING');
    expect(await plain.check('crossroads.spec.v1.EchoService')).toBe(status.NOT_FOUND);
  });

  it.each(NEEDS)('is told that it is not ready without its %s, and alive all the same', async (name) => {
    there[name] = false;
    await echo.server.health.refresh();
    expect(await plain.check('')).toBe('NOT_SERVING');
    expect(await plain.check(name)).toBe('NOT_SERVING');
    for (const other of NEEDS) if (other !== name) expect(await plain.check(other)).toBe('SERVING');
    expect(await plain.check('liveness')).toBe('SERVING');
    expect(await plain.check('startup')).toBe('SERVING');
    there[name] = true;
    await echo.server.health.refresh();
    expect(await plain.check('')).toBe('SERVING');
  });

  it('is told of a stop as soon as it begins, and that it lives until it has ended', async () => {
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

  it('is nothing where no port is given, or the port is taken', async () => {
    const options = { host: '127.0.0.1', port: 0, tls: echo.folderTls, trustDomain, domain: 'spec', services: [] };
    const without = await startServer(options);
    expect(without.healthPort).toBeUndefined();
    await without.stop();
    const taken = echo.server.healthPort;
    await expect(startServer({ ...options, healthPort: taken })).rejects.toThrow('Choose another HEALTH_PORT');
  });
});
