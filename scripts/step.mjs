import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT, TOOLCHAIN } from './versions.mjs';

/** Something that a person can put right; the message says how. */
export class Trouble extends Error {}

/**
 * One thing to do before the work, and one line on the screen. Skipped when its stamp says that it was done with these
 * very inputs and what it made is still there.
 */
export const step = async ({ name, inputs, makes, quiet, run }) => {
  const stamp = join(TOOLCHAIN, 'stamps', name.replaceAll(' ', '-'));
  const hash = inputs && hashOf(inputs());
  if (hash && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && makes.every((path) => existsSync(path)))
    return;
  const began = Date.now();
  const say = (text) => !quiet && process.stdout.write(text);
  const line = `  ${name} `;
  say(line);
  const dots = process.stdout.isTTY && !quiet ? setInterval(() => say('.'), 1_000) : undefined;
  try {
    await run();
  } catch (error) {
    say('failed\n');
    throw error;
  } finally {
    clearInterval(dots);
  }
  say(`(${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  if (!hash) return;
  try {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, hash);
  } catch (error) {
    throw new Trouble(troubleOf(`${error.code} ${error.message}`, ROOT));
  }
};

/** Runs a tool to its end in silence; when it fails, shows what it printed and says in one sentence what to do. */
export const tool = (program, args, { cwd = ROOT, env = process.env } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    const keep = (chunk) => output.push(chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
    child.once('error', (error) =>
      reject(
        new Trouble(error.code === 'ENOENT' ? missing(program) : troubleOf(`${error.code} ${error.message}`, cwd)),
      ),
    );
    child.once('close', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(name, end);
      if (code === 0) return resolve();
      if (signal) return reject(new Trouble(`stopped by ${signal}`));
      const text = Buffer.concat(output).toString('utf8').trimEnd();
      reject(new Trouble(`${text.split('\n').slice(-40).join('\n')}\n\n${troubleOf(text, cwd)}`));
    });
  });

const missing = (program) =>
  program === 'npm'
    ? 'npm is missing: install Node 20 or newer together with npm (https://nodejs.org).'
    : `${program} is missing.`;

const troubleOf = (text, cwd) => {
  if (/ENOSPC|No space left/i.test(text))
    return `The disk is full: free about 1 GB on the one that holds ${ROOT}, then try again.`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/i.test(text))
    return 'The package registry cannot be reached: check the network (or the proxy in npm’s configuration), then try again.';
  if (/EACCES|EPERM|EROFS/.test(text))
    return `Something in ${ROOT} cannot be written: run as the user who owns it, or clone it again as yourself.`;
  return `This failed in ${cwd}: what the tool said is above.`;
};

/** Files below the folders, without what tools put there, in an order that is the same everywhere. */
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
