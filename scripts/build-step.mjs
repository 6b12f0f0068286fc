import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT, TOOLCHAIN } from './versions.mjs';

/** Something that the user can put right; the message says how. It is shown without a stack. */
export class UserError extends Error {}

/**
 * Prepares something before a command runs, and prints a line about it. Skipped when its stamp holds the hash of the same inputs
 * and all its outputs exist.
 */
export const buildStep = async ({ name, inputs, outputs, quiet, run }) => {
  const stamp = join(TOOLCHAIN, 'stamps', name.replaceAll(' ', '-'));
  const hash = inputs && hashOf(inputs());
  if (hash && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && outputs.every((path) => existsSync(path)))
    return;
  const began = Date.now();
  const print = (text) => !quiet && process.stdout.write(text);
  const line = `  ${name} `;
  print(line);
  const dots = process.stdout.isTTY && !quiet ? setInterval(() => print('.'), 1_000) : undefined;
  try {
    await run();
  } catch (error) {
    print('failed\n');
    throw error;
  } finally {
    clearInterval(dots);
  }
  print(`(${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  if (!hash) return;
  try {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, hash);
  } catch (error) {
    throw new UserError(adviceFor(`${error.code} ${error.message}`, ROOT));
  }
};

/** Runs a program to its end and prints nothing; the error of one that fails ends with its output and what to do. */
export const runTool = (program, args, { cwd = ROOT, env = process.env } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    const stop = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
    child.once('error', (error) =>
      reject(
        new UserError(
          error.code === 'ENOENT' ? missingProgram(program) : adviceFor(`${error.code} ${error.message}`, cwd),
        ),
      ),
    );
    child.once('close', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(name, stop);
      if (code === 0) return resolve();
      if (signal) return reject(new UserError(`stopped by ${signal}`));
      const text = Buffer.concat(output).toString('utf8').trimEnd();
      reject(new UserError(`${text.split('\n').slice(-40).join('\n')}\n\n${adviceFor(text, cwd)}`));
    });
  });

const missingProgram = (program) =>
  program === 'npm'
    ? 'npm is missing: install Node 20 or newer together with npm (https://nodejs.org).'
    : `${program} is missing.`;

const adviceFor = (text, cwd) => {
  if (/ENOSPC|No space left/i.test(text))
    return `The disk is full: free about 1 GB on the one that holds ${ROOT}, then try again.`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(text))
    return 'The package registry cannot be reached: check the network (or the proxy in npm’s configuration), then try again.';
  if (/EACCES|EPERM|EROFS/.test(text))
    return `Something in ${ROOT} cannot be written: run as the user who owns it, or clone it again as yourself.`;
  return `This failed in ${cwd}: what the tool said is above.`;
};

/** Source files below the folders, without what is installed or built, sorted by code point. */
export const filesIn = (folders, wanted = () => true) => {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (wanted(path)) found.push(path);
    }
  };
  for (const folder of folders) if (existsSync(folder)) walk(folder);
  return found.sort((one, other) => (one < other ? -1 : 1));
};

const hashOf = (files) => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
};
