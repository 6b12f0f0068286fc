import { spawn } from 'node:child_process';

/**
 * Runs the program that does the work in this one's place: same terminal, signals passed on, its exit code returned. The
 * channel between them closes when this process dies in any way, and tells the program to stop.
 */
export const hand = (program, args, options, onMessage = () => {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    // npm killed with -9 tells nobody: without it there is no terminal to stop the program from.
    const parent = process.ppid;
    const watch =
      process.env.npm_lifecycle_event &&
      setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
    child.on('message', onMessage);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0));
    });
  });
