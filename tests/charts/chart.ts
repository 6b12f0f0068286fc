import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../mesh.js';
import { HELM, type Outcome, run } from './kube.js';

export const CHART = join(ROOT, 'charts', 'mesh');
export const PROFILES = ['dev', 'small', 'production'] as const;
export type Profile = (typeof PROFILES)[number];
export const NAMESPACE = 'crossroads';
/** Helm takes it for the cluster's where it has none to ask. */
const KUBERNETES = '1.33.0';

/** The files of a profile: its own, and what an operator adds to it in the example. */
export const valuesOf = (profile: Profile): string[] => [
  '-f',
  join(CHART, 'profiles', `${profile}.yaml`),
  '-f',
  join(CHART, 'examples', profile, 'values.yaml'),
];

/** The parts of a Kubernetes object that specs look at; the rest is there, too. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
}

/** What Helm makes of the chart; values in `more` (YAML or JSON) are laid over all others. */
export const template = (args: readonly string[], more = '{}'): Promise<Outcome> => {
  if (!HELM) throw new Error('there is no helm');
  const all = ['template', 'mesh', CHART, '--namespace', NAMESPACE, '--kube-version', KUBERNETES, ...args, '-f', '-'];
  return run(HELM, all, { input: more });
};

export const objectsIn = (rendered: string): KubeObject[] =>
  parseAllDocuments(rendered).flatMap((document): KubeObject[] => {
    const object: KubeObject | null = document.toJS();
    return object === null ? [] : [object];
  });

/** The objects of a profile. @throws Error with what Helm says, when it refuses. */
export const objectsOf = async (profile: Profile): Promise<KubeObject[]> => {
  const { ok, stdout, stderr } = await template(valuesOf(profile));
  if (!ok) throw new Error(`profile ${profile}: ${stderr}`);
  return objectsIn(stdout);
};
