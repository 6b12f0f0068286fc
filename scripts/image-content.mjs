// node scripts/image-content.mjs SERVICE FOLDER: lays out what an image of the built workspace holds besides its modules.
//   FOLDER/manifests   what `pnpm install --prod` needs for the modules
//   FOLDER/app         compiled code in the places that it has here, and main.js, which is the service's
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './versions.mjs';

const manifestOf = (path) => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));

/** Folders of the workspace by the name of the package in them. */
const workspace = new Map(
  ['libs', 'services'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, folder, entry.name, 'package.json')))
      .map((entry) => [manifestOf(`${folder}/${entry.name}`).name, `${folder}/${entry.name}`]),
  ),
);

/** The folder of a package and of all that it needs at run time, itself first. */
const needed = (name, found = new Set()) => {
  const path = workspace.get(name);
  if (!path) throw new Error(`${name} is no package of libs or services`);
  if (found.has(path)) return found;
  found.add(path);
  for (const [dependency, version] of Object.entries(manifestOf(path).dependencies ?? {}))
    if (version.startsWith('workspace:')) needed(dependency, found);
  return found;
};

const isCode = (file) =>
  file.endsWith('.js') && !/(^|\/)(test|testing|bench)\/|\.(spec|bench|contract)\.js$/.test(file);

/** What a package's `exports` name outside of dist. */
const others = ({ exports = {} }) =>
  Object.values(exports).filter((target) => typeof target === 'string' && !target.startsWith('./dist/'));

/** The module that starts it: a service's, or the program of a library. */
const mainOf = (path) => (path.startsWith('services/') ? 'dist/src/main.js' : Object.values(manifestOf(path).bin)[0]);

const copy = (path, folder) => cpSync(join(ROOT, path), join(folder, path), { recursive: true });

const layOut = (service, folder) => {
  const [manifests, app] = [join(folder, 'manifests'), join(folder, 'app')];
  const paths = [...needed(`@crossroads/${service}`)];
  mkdirSync(app, { recursive: true });
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) copy(file, manifests);
  copy('LICENSE', app);
  for (const path of paths) {
    copy(join(path, 'package.json'), manifests);
    for (const file of others(manifestOf(path))) copy(join(path, file), app);
    const code = readdirSync(join(ROOT, path, 'dist'), { recursive: true }).filter(isCode);
    for (const file of code) copy(join(path, 'dist', file), app);
  }
  const main = join(paths[0], mainOf(paths[0]));
  if (!existsSync(join(app, main))) throw new Error(`${main} is not there: build it first`);
  symlinkSync(main, join(app, 'main.js'));
  return paths;
};

const [, , service, folder] = process.argv;
if (!folder) throw new Error('usage: node scripts/image-content.mjs SERVICE FOLDER');
console.log(layOut(service, folder).join('\n'));
