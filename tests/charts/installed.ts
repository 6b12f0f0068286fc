import { join } from 'node:path';
import { filesOf } from './helm.js';
import { ControlPlane, type Outcome } from './kube.js';
import { CHART, type KubernetesObject, type Profile } from './rendered.js';

export const NAMESPACE = 'crossroads';
const RELEASE = 'mesh';
const CRDS = join(CHART, '..', '..', 'tests', 'charts', 'crds');

/** The timeout of each Helm command: a pod that is not admitted never becomes ready. */
const TIMEOUT = ['--wait', '--wait-for-jobs', '--timeout', '120s'];

/** For the volume of documents: simulated nodes have no storage of their own. */
const DISK = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk' },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/disk' } },
};

/** The operator's claim for archives of journals in the example of the profile small. */
const ARCHIVE = [
  {
    ...DISK,
    metadata: { name: 'archive' },
    spec: { ...DISK.spec, claimRef: { namespace: NAMESPACE, name: 'mesh-archive' } },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'mesh-archive', namespace: NAMESPACE },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      volumeName: 'archive',
      resources: { requests: { storage: '1Gi' } },
    },
  },
];

/** The objects that every namespace has, and the operator's own. */
const GIVEN = ['ConfigMap/kube-root-ca.crt', 'PersistentVolumeClaim/mesh-archive', 'ServiceAccount/default'];
/** Kinds of status objects without an owner. Other objects of controllers are deleted with their owner. */
const DERIVED = new Set(['Event', 'Endpoints', 'Lease']);

interface Stored extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly ownerReferences?: readonly unknown[];
    /** When its deletion was requested. */
    readonly deletionTimestamp?: string;
  };
}

interface Hook {
  readonly name: string;
  readonly events: readonly string[];
  readonly last_run: { readonly phase: string };
}

/** A control plane with one namespace, with Pod Security restricted, and with the custom resources of the operators. */
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
    for (const object of [DISK, ...ARCHIVE]) await plane.mustKubectl(['apply', '-f', '-'], JSON.stringify(object));
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

  /** Makes one Cluster of PostgreSQL without Helm, as a restore does before the mesh knows of it. */
  async makeClusterAlone(profile: Profile, cluster: string, ...different: readonly string[]): Promise<Outcome> {
    const only = ['postgresql', 'backups'].flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
    const version = ['--kube-version', '1.33.0'];
    const rendered = await this.helm(
      'template',
      RELEASE,
      CHART,
      ...filesOf(profile),
      ...version,
      ...only,
      ...different,
    );
    if (!rendered.ok) return rendered;
    const selected = ['--selector', `crossroads/cluster=${cluster}`];
    return this.plane.kubectl(['apply', '--validate=strict', ...selected, '--filename', '-'], rendered.stdout);
  }

  /** Runs a command of a service as docs/runbooks/commands.md says. Resolves to the arguments of its pod once it has ended. */
  async command(service: string, name: string, ...args: readonly string[]): Promise<readonly string[]> {
    const job = await this.plane.mustKubectl([
      ...['create', 'job', name, `--from=cronjob/${service}-ops`, '--dry-run=client', '--output=yaml'],
    ]);
    const patch = JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: args }]);
    const patched = await this.plane.mustKubectl(
      ['patch', '--local', '--filename', '-', '--type=json', `--patch=${patch}`, '--output=yaml'],
      job,
    );
    await this.plane.mustKubectl(['create', '--filename', '-'], patched);
    return this.ended(name);
  }

  /** Runs retention now. Resolves to the arguments of its pod once it has ended. */
  async retain(service: string, name: string): Promise<readonly string[]> {
    await this.plane.mustKubectl(['create', 'job', name, `--from=cronjob/${service}-retention`]);
    return this.ended(name);
  }

  private async ended(job: string): Promise<readonly string[]> {
    await this.plane.mustKubectl(['wait', '--for=condition=Complete', `job/${job}`, '--timeout=60s']);
    const [pod] = await this.list<KubernetesObject>('pods', `batch.kubernetes.io/job-name=${job}`);
    const { containers } = (pod?.spec ?? {}) as {
      readonly containers?: readonly { readonly args: readonly string[] }[];
    };
    await this.plane.mustKubectl(['delete', 'job', job]);
    return containers?.[0]?.args ?? [];
  }

  /** The hooks of a kind that the last upgrade ran, with how they ended. */
  async ranHooks(event: string): Promise<string[]> {
    const { stdout } = await this.helm('status', RELEASE, '--output', 'json');
    const { hooks = [] } = JSON.parse(stdout) as { readonly hooks?: readonly Hook[] };
    return hooks
      .filter(({ events }) => events.includes(event))
      .map(({ name, last_run: { phase } }) => `${name} ${phase}`)
      .sort();
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

  private async list<Item extends KubernetesObject>(kinds: string, selector = ''): Promise<readonly Item[]> {
    const selected = selector === '' ? [] : ['--selector', selector];
    const output = await this.plane.mustKubectl([
      'get',
      kinds,
      '--namespace',
      NAMESPACE,
      ...selected,
      '--output',
      'json',
    ]);
    return (JSON.parse(output) as { readonly items: readonly Item[] }).items;
  }

  /** Waits until every service has exactly its current pods. Resolves to the output of kubectl when that takes too long. */
  async unsettled(): Promise<string> {
    const services = ['--selector', 'app.kubernetes.io/part-of=crossroads', '--timeout=60s'];
    const { ok, stdout, stderr } = await this.plane.kubectl(['rollout', 'status', 'deployment', ...services]);
    return ok ? '' : `${stdout}${stderr}`;
  }

  /** The names of the pods of services, without those that are being deleted. */
  async pods(): Promise<string[]> {
    const pods = await this.list<Stored>('pods');
    return pods
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'service')
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  /** The objects in the namespace of every kind, without those that every namespace has or that controllers create. */
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

  /** Deletes what Helm leaves. */
  async clear(): Promise<void> {
    for (const name of await this.everything())
      await this.plane.mustKubectl(['delete', name, '--namespace', NAMESPACE]);
  }

  /** The errors and warnings of the API server for objects, without storing them. */
  async objection(objects: string): Promise<string> {
    const args = ['apply', '--dry-run=server', '--validate=strict', '--filename', '-'];
    const { ok, stderr } = await this.plane.kubectl(args, objects);
    return ok ? stderr.trim() : stderr.trim() || 'kubectl failed';
  }

  stop(): Promise<void> {
    return this.plane.stop();
  }
}
