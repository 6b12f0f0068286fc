import { join } from 'node:path';
import { filesOf } from './helm.js';
import { ControlPlane, type Outcome } from './kube.js';
import { CHART, type KubernetesObject, type Profile } from './rendered.js';

export const NAMESPACE = 'crossroads';
const RELEASE = 'mesh';
const CRDS = join(CHART, '..', '..', 'tests', 'charts', 'crds');

/** For each step of Helm's; a pod that is not admitted is never ready. */
const TIMEOUT = ['--wait', '--wait-for-jobs', '--timeout', '120s'];

/** What every namespace has by itself. */
const GIVEN = ['ConfigMap/kube-root-ca.crt', 'ServiceAccount/default'];
/** About what is or was. What else controllers make has an owner, and goes with it. */
const DERIVED = new Set(['Event', 'Endpoints', 'Lease']);

interface Stored extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly ownerReferences?: readonly unknown[];
    /** When it was told to go. */
    readonly deletionTimestamp?: string;
  };
}

/** A control plane with one namespace, under Pod Security's strictest profile, and the kinds that operators bring. */
export class Installation {
  private constructor(readonly plane: ControlPlane) {}

  static async prepare(): Promise<Installation> {
    const plane = await ControlPlane.start();
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    };
    await plane.mustKubectl(['apply', '-f', '-'], JSON.stringify(namespace));
    await plane.mustKubectl(['apply', '-f', CRDS]);
    await plane.mustKubectl(['config', 'set-context', '--current', `--namespace=${NAMESPACE}`]);
    await plane.mustKubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    return new Installation(plane);
  }

  private helm(verb: string, ...args: readonly string[]): Promise<Outcome> {
    return this.plane.helm(verb, ...args, '--namespace', NAMESPACE);
  }

  lint(profile: Profile): Promise<Outcome> {
    return this.helm('lint', CHART, '--strict', '--kube-version', '1.33.0', ...filesOf(profile));
  }

  install(profile: Profile): Promise<Outcome> {
    return this.helm('install', RELEASE, CHART, ...filesOf(profile), ...TIMEOUT);
  }

  upgrade(profile: Profile, ...different: readonly string[]): Promise<Outcome> {
    return this.helm('upgrade', RELEASE, CHART, ...filesOf(profile), ...TIMEOUT, ...different);
  }

  rollback(): Promise<Outcome> {
    return this.helm('rollback', RELEASE, ...TIMEOUT);
  }

  test(): Promise<Outcome> {
    return this.helm('test', RELEASE, '--timeout', '120s', '--hide-notes');
  }

  manifest(revision: number): Promise<Outcome> {
    return this.helm('get', 'manifest', RELEASE, '--revision', String(revision));
  }

  uninstall(): Promise<Outcome> {
    return this.helm('uninstall', RELEASE, '--wait', '--timeout', '120s');
  }

  private async list<Item extends KubernetesObject>(kinds: string): Promise<readonly Item[]> {
    const output = await this.plane.mustKubectl(['get', kinds, '--namespace', NAMESPACE, '--output', 'json']);
    return (JSON.parse(output) as { readonly items: readonly Item[] }).items;
  }

  /** Waits until every service has all of its pods, in their newest form, and no other; what kubectl says when that takes too long. */
  async unsettled(): Promise<string> {
    const services = ['--selector', 'app.kubernetes.io/part-of=crossroads', '--timeout=60s'];
    const { ok, stdout, stderr } = await this.plane.kubectl(['rollout', 'status', 'deployment', ...services]);
    return ok ? '' : `${stdout}${stderr}`;
  }

  /** Names of the pods of services that stay. */
  async pods(): Promise<string[]> {
    const pods = await this.list<Stored>('pods');
    return pods
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'service')
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  /** What the namespace holds of every kind that the server knows, without what it is given and what controllers make. */
  async everything(): Promise<string[]> {
    const kinds = await this.plane.mustKubectl([
      'api-resources',
      '--namespaced',
      '--verbs=list,delete',
      '--output=name',
    ]);
    const items = await this.list<Stored>(kinds.trim().split('\n').join(','));
    return items
      .filter(({ kind, metadata }) => !DERIVED.has(kind) && !metadata.ownerReferences)
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
      .filter((name) => !GIVEN.includes(name))
      .sort();
  }

  /** Takes away what Helm leaves, as an operator would who means it. */
  async clear(): Promise<void> {
    for (const name of await this.everything())
      await this.plane.mustKubectl(['delete', name, '--namespace', NAMESPACE]);
  }

  /** What the API server says of objects, without storing any: '' when it takes them all, and has no warning either. */
  async objection(objects: string): Promise<string> {
    const args = ['apply', '--dry-run=server', '--validate=strict', '--filename', '-'];
    const { ok, stderr } = await this.plane.kubectl(args, objects);
    return ok ? stderr.trim() : stderr.trim() || 'kubectl failed';
  }

  stop(): Promise<void> {
    return this.plane.stop();
  }
}
