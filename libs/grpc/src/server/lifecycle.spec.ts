import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcServer } from '../nest/grpc-server.js';
import { startServer } from './server.js';
import { EchoServer, trustDomain } from '../testing/echo-server.js';

describe('a server process', () => {
  let echo: EchoServer;
  beforeAll(async () => {
    echo = await EchoServer.start();
  });
  afterAll(() => echo.stop());

  const options = () => ({
    host: '127.0.0.1',
    port: 0,
    tls: echo.folderTls,
    trustDomain,
    domain: 'spec',
    services: [],
  });

  it('names the address that is in use', async () => {
    const { port } = echo.server;
    await expect(startServer({ ...options(), port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  });

  it('starts and stops with its application, and can be stopped without a start', async () => {
    const server = new GrpcServer(options);
    await server.onApplicationBootstrap();
    const running = await server.start();
    expect(running.health.isServing).toBe(true);
    await server.beforeApplicationShutdown();
    expect(running.health.isServing).toBe(false);
    await new GrpcServer(options).beforeApplicationShutdown();
  });
});

describe('a service', () => {
  const module = JSON.stringify(new URL('./run-service.js', import.meta.url).href);

  /** Runs `runService` with a fake application in a process of its own. */
  const run = (application: string, { schemas = '[]', args = [] as string[] } = {}) => {
    const service = `{ schemas: () => ${schemas}, start: async () => { ${application} } }`;
    const script = `import { runService } from ${module}; await runService('spec', ${service});`;
    const argv = ['--input-type=module', '-e', script, 'main.js', ...args];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    return { child, exit: async () => ({ code: (await once(child, 'close'))[0] as unknown, errors }) };
  };

  const KEEP_RUNNING = `setInterval(() => {}, 1000); setTimeout(() => console.log('up'), 0);`;

  it.each(['SIGTERM', 'SIGINT'] as const)('closes its application on %s and exits with 0', async (signal) => {
    const { child, exit } = run(`${KEEP_RUNNING} return { close: async () => { process.stderr.write('closed'); } };`);
    await once(child.stdout, 'data');
    const exited = exit();
    child.kill(signal);
    expect(await exited).toEqual({ code: 0, errors: 'closed' });
  });

  it('is told by a second signal to stop without waiting', async () => {
    const signals = JSON.stringify(new URL('./stop-signals.js', import.meta.url).href);
    const close = `async () => { process.stderr.write('asked '); console.log('asked'); await aborted(stopSignals.forceStop); }`;
    const { child, exit } = run(
      `${KEEP_RUNNING} const { aborted, stopSignals } = await import(${signals}); return { close: ${close} };`,
    );
    await once(child.stdout, 'data');
    const exited = exit();
    child.kill('SIGTERM');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, errors: 'asked ' });
  });

  it('that is asked to stop while its start waits exits with 0', async () => {
    const { child, exit } = run(`${KEEP_RUNNING} await new Promise(() => {});`);
    await once(child.stdout, 'data');
    const exited = exit();
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 0, errors: '' });
  });

  it('migrates its databases on the command migrate, and does not start', async () => {
    const url = 'postgres://nobody:secret@127.0.0.1:1/people';
    const schemas = `[{ url: '${url}', migratorUrl: undefined, migrations: [] }]`;
    const start = `process.stderr.write('started');`;
    const without = run(start, { schemas, args: ['migrate'] });
    expect(await without.exit()).toEqual({
      code: 1,
      errors: "spec cannot migrate: there is no migrator's URL for database people\n",
    });
    const unreachable = run(start, { schemas: schemas.replace('undefined', `'${url}'`), args: ['migrate'] });
    const { code, errors } = await unreachable.exit();
    expect(code).toBe(1);
    expect(errors).toMatch(/^spec cannot migrate: .*ECONNREFUSED/);
    expect(errors).not.toContain('secret');
    const nothing = run(start, { args: ['migrate'] });
    expect(await nothing.exit()).toEqual({ code: 0, errors: '' });
  });

  it('refuses any other command', async () => {
    const { exit } = run(KEEP_RUNNING, { args: ['migrate', 'everything'] });
    expect(await exit()).toEqual({
      code: 1,
      errors: 'spec cannot start: the one command is migrate, not "migrate everything"\n',
    });
  });

  it('that cannot start says why in one sentence and exits with 1', async () => {
    const { exit } = run(`throw new Error('DATABASE_URL is not set', { cause: new Error('see README\\nstack') });`);
    expect(await exit()).toEqual({ code: 1, errors: 'spec cannot start: DATABASE_URL is not set (see README)\n' });
  });

  it('that cannot stop cleanly exits with 1', async () => {
    const { child, exit } = run(
      `${KEEP_RUNNING} return { close: async () => { throw new Error('the pool hangs'); } };`,
    );
    await once(child.stdout, 'data');
    const exited = exit();
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 1, errors: 'spec did not stop cleanly: the pool hangs\n' });
  });

  it('with an unhandled rejection exits with 1', async () => {
    const { exit } = run(
      `${KEEP_RUNNING} setTimeout(() => Promise.reject(new RangeError('of 81050103522')), 1); return { close: async () => {} };`,
    );
    const { code, errors } = await exit();
    expect(code).toBe(1);
    expect(errors).toMatch(/^spec stops after an unexpected failure: {"error":"RangeError"/);
    expect(errors).not.toContain('81050103522');
  });
});
