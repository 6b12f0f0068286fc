import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

describe('the process of a service', () => {
  const module = JSON.stringify(new URL('./run-process.js', import.meta.url).href);
  /** Where the scripts find the packages of this library. */
  const cwd = fileURLToPath(new URL('..', import.meta.url));

  /** Runs `runProcess` with a fake application in a process of its own. */
  const run = (
    application: string,
    {
      schemas = '[]',
      resync = 'undefined',
      retention = 'undefined',
      rebuild = 'async () => {}',
      reassert = 'async () => {}',
      args = [] as string[],
    } = {},
  ) => {
    const service = `{ schemas: () => ${schemas}, start: async () => { ${application} }, resync: ${resync}, retention: ${retention}, rebuild: ${rebuild}, reassert: ${reassert} }`;
    const script = `import { runProcess } from ${module}; await runProcess('spec', ${service});`;
    const argv = ['--input-type=module', '-e', script, 'main.js', ...args];
    const child = spawn(process.execPath, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
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
    const close = `async () => { process.stderr.write('asked '); console.log('asked'); await aborted(stopSignals.forceStop); }`;
    const { child, exit } = run(
      `${KEEP_RUNNING} const { aborted, stopSignals } = await import('@crossroads/grpc'); return { close: ${close} };`,
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
      errors:
        'spec cannot start: the commands are migrate, migrate contract, retention, resync <topic> <partition>|all [--confirm], reassert <file>|--help and rebuild <view> [--fresh], not "migrate everything"\n',
    });
  });

  it('resynchronizes a partition on the command resync, writes only if it is confirmed, and does not start', async () => {
    const resync = 'async (request, say) => say(JSON.stringify(request))';
    const started = `process.stderr.write('started');`;
    for (const confirm of [true, false]) {
      const args = ['resync', 'crossroads.person.v1', '3', ...(confirm ? ['--confirm'] : [])];
      const { child, exit } = run(started, { resync, args });
      const said = once(child.stdout, 'data');
      expect(await exit()).toEqual({ code: 0, errors: '' });
      expect(JSON.parse(String(await said))).toEqual({ topic: 'crossroads.person.v1', partition: '3', confirm });
    }
    const failing = run(started, {
      resync: `async () => { throw new Error('partitions are numbers from 0 to 15'); }`,
      args: ['resync', 'crossroads.person.v1', '99'],
    });
    expect(await failing.exit()).toEqual({
      code: 1,
      errors: 'spec cannot resync: partitions are numbers from 0 to 15\n',
    });
    const readsNothing = run(started, { args: ['resync', 'crossroads.person.v1', '3'] });
    expect(await readsNothing.exit()).toEqual({ code: 1, errors: 'spec cannot resync: this service reads no topic\n' });
    const mistyped = run(started, { resync, args: ['resync', 'crossroads.person.v1', '3', '--yes'] });
    expect((await mistyped.exit()).code).toBe(1);
  });

  it('states persons again on the command reassert, says which file it reads, and does not start', async () => {
    const started = `process.stderr.write('started');`;
    const printed = async (args: string[], reassert?: string) => {
      const { child, exit } = run(started, { args, ...(reassert === undefined ? {} : { reassert }) });
      let output = '';
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
      });
      return { ...(await exit()), output };
    };
    expect(await printed(['reassert', 'lost.txt'], 'async (file, say) => say(`reads ${file}`)')).toEqual({
      ...{ code: 0, errors: '', output: 'reads lost.txt\n' },
    });
    const failing = `async () => { throw new Error('line 3 is not "lost …"'); }`;
    expect(await printed(['reassert', 'lost.txt'], failing)).toMatchObject({
      ...{ code: 1, errors: 'spec cannot reassert: line 3 is not "lost …"\n' },
    });
    const { code, output } = await printed(['reassert', '--help']);
    expect(code).toBe(0);
    expect(output).toContain('lost <data service> <personId> <highest source_revision that was lost>');
    for (const args of [['reassert'], ['reassert', 'lost.txt', '--force']])
      expect((await printed(args)).errors).toMatch(/^spec cannot start: the commands are /);
  });

  it('closes, archives and drops months on the command retention, and does not start', async () => {
    const started = `process.stderr.write('started');`;
    const { child, exit } = run(started, {
      retention: `async (say) => say('a month is closed', { month: 202609 })`,
      args: ['retention'],
    });
    const said = once(child.stdout, 'data');
    expect(await exit()).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(String(await said))).toEqual({ message: 'a month is closed', month: 202_609 });
    const failing = run(started, {
      retention: `async () => { throw new Error('retention needs DATABASE_MIGRATOR_URL'); }`,
      args: ['retention'],
    });
    expect(await failing.exit()).toEqual({
      code: 1,
      errors: 'spec cannot do retention: retention needs DATABASE_MIGRATOR_URL\n',
    });
  });

  it('rebuilds a view on the command rebuild, says how far it is, and does not start', async () => {
    const rebuild = 'async (request, say) => say(JSON.stringify(request))';
    const started = `process.stderr.write('started');`;
    for (const fresh of [true, false]) {
      const { child, exit } = run(started, { rebuild, args: ['rebuild', 'numbers', ...(fresh ? ['--fresh'] : [])] });
      const said = once(child.stdout, 'data');
      expect(await exit()).toEqual({ code: 0, errors: '' });
      expect(JSON.parse(String(await said))).toEqual({ view: 'numbers', fresh });
    }
    const wrong = run(started, {
      rebuild: `async () => { throw new Error('3 rows were wrong, and are right now'); }`,
      args: ['rebuild', 'numbers'],
    });
    expect(await wrong.exit()).toEqual({
      code: 1,
      errors: 'spec cannot rebuild: 3 rows were wrong, and are right now\n',
    });
    for (const args of [['rebuild'], ['rebuild', 'numbers', '--force']])
      expect((await run(started, { rebuild, args }).exit()).errors).toMatch(/^spec cannot start: the commands are /);
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
