// The chart as each profile renders it, so that a change of a template shows as a change of objects.
//   node charts/mesh/examples/render.mjs           makes the rendered examples anew
//   node charts/mesh/examples/render.mjs --check   says which differ; exit code 1 when any does, 3 when there is no helm
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const EXAMPLES = import.meta.dirname;
const CHART = join(EXAMPLES, '..');
const PROFILES = ['dev', 'small', 'production'];
/** Whatever helm was built against: what is rendered does not depend on it. */
const KUBERNETES = '1.33.0';

const findHelm = () => {
  const { HELM, PATH = '', KUBE_CACHE = join(homedir(), '.cache/crossroads-kube') } = process.env;
  const folders = [...PATH.split(delimiter), join(KUBE_CACHE, 'bin')];
  return [HELM, ...folders.map((folder) => join(folder, 'helm'))].find((file) => file && existsSync(file));
};

const render = (helm, profile) => {
  const files = [join(CHART, 'profiles', `${profile}.yaml`), join(EXAMPLES, profile, 'values.yaml')];
  const args = ['template', 'mesh', CHART, '--namespace', 'crossroads', '--kube-version', KUBERNETES];
  const { status, stdout, stderr } = spawnSync(helm, [...args, ...files.flatMap((file) => ['-f', file])], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`profile ${profile}: ${stderr}`);
  return stdout;
};

/** Objects by file: those of one service together, others by their template. Boards and rules are the chart's own files. */
const filesOf = (rendered) => {
  const files = new Map();
  for (const document of rendered.split(/^---\n/m).filter((text) => /^kind:/m.test(text))) {
    const template = /^# Source: mesh\/templates\/(.+)\.yaml$/m.exec(document)?.[1] ?? 'other';
    if (template === 'boards' || template === 'rules') continue;
    const name = /^ {4}app\.kubernetes\.io\/name: (.+)$/m.exec(document)?.[1];
    const file = template === 'services' ? `${name}.yaml` : `${template.replace('tests/', 'test-')}.yaml`;
    const lines = document.split('\n').filter((line) => !line.startsWith('# Source:') && line.trim() !== '');
    files.set(file, [...(files.get(file) ?? []), `${lines.join('\n')}\n`]);
  }
  return new Map([...files].map(([file, documents]) => [file, documents.join('---\n')]));
};

const committed = (folder) =>
  new Map(
    (existsSync(folder) ? readdirSync(folder) : []).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );

const differences = (was, is) =>
  [...new Set([...was.keys(), ...is.keys()])].filter((file) => was.get(file) !== is.get(file));

const helm = findHelm();
if (!helm) {
  console.log('There is no helm: set HELM, or put it on the PATH.');
  process.exit(3);
}
const check = process.argv.includes('--check');
for (const profile of PROFILES) {
  const folder = join(EXAMPLES, profile, 'rendered');
  const files = filesOf(render(helm, profile));
  const different = differences(committed(folder), files);
  for (const file of different) console.log(`${check ? 'differs' : 'written'}: examples/${profile}/rendered/${file}`);
  if (check && different.length > 0) process.exitCode = 1;
  if (check) continue;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
}
if (process.exitCode === 1) console.log('node charts/mesh/examples/render.mjs makes them anew; look at what changes.');
