import { spawn } from 'node:child_process';

const CHECK_PARENT_EVERY_MS = 1_000;

/**
 * Runs a program in the foreground: same terminal, signals passed on, its exit code returned. The IPC channel closes when this
 * process ends in any way, which tells the program to stop.
 */
export const runInForeground = (program, args, options, onMessage = () => {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    // An npm that is killed with -9 passes no signal on, and the program would outlive its terminal.
    const parent = process.ppid;
    const watch =
      process.env.npm_lifecycle_event &&
      setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), CHECK_PARENT_EVERY_MS).unref();
    child.on('message', onMessage);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
    });
  });
