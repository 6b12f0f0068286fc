import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHART, type KubernetesObject, type Profile } from './rendered.js';

const find = (): string | undefined => {
  const { HELM, PATH = '', KUBE_CACHE = join(homedir(), '.cache', 'crossroads-kube') } = process.env;
  const folders = [...PATH.split(delimiter), join(KUBE_CACHE, 'bin')];
  return [HELM, ...folders.map((folder) => join(folder, 'helm'))].find((file) => file && existsSync(file));
};

/** The path of Helm, from HELM or PATH; undefined when it is not installed. */
export const HELM = find();

export interface HelmAnswer {
  readonly ok: boolean;
  readonly output: string;
  readonly error: string;
}

/** The values files of a profile: its own, and those of the example. */
export const filesOf = (profile: Profile): readonly string[] =>
  [join(CHART, 'profiles', `${profile}.yaml`), join(CHART, 'examples', profile, 'values.yaml')].flatMap((file) => [
    '--values',
    file,
  ]);

/** Renders a profile with the values of its example, and with these values by path (`--set-json`). */
export const template = (profile: Profile, different: Readonly<Record<string, unknown>> = {}): HelmAnswer => {
  if (HELM === undefined) throw new Error('there is no helm');
  const sets = Object.entries(different).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const { status, stdout, stderr } = spawnSync(
    HELM,
    [
      ...['template', 'mesh', CHART, '--namespace', 'crossroads', '--kube-version', '1.33.0'],
      ...filesOf(profile),
      ...sets.flatMap((set) => ['--set-json', set]),
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return { ok: status === 0, output: stdout, error: stderr };
};

/** The objects of a profile's example with changed values. @throws Error with the message of Helm */
export const objectsOf = (
  profile: Profile,
  different: Readonly<Record<string, unknown>> = {},
): readonly KubernetesObject[] => {
  const { ok, output, error } = template(profile, different);
  if (!ok) throw new Error(error);
  return parseAllDocuments(output).flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
};

/** The messages of the chart for a profile's example with changed values, one sentence each. */
export const sentences = (profile: Profile, different: Readonly<Record<string, unknown>>): readonly string[] =>
  template(profile, different)
    .error.split('\n')
    .filter((line) => line.startsWith('- '))
    .map((line) => line.slice(2));
