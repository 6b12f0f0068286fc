import type { Party, Pod } from './network-policy.js';
import type { KubernetesObject, Profile } from './rendered.js';

/** The namespace of the examples. */
const NAMESPACE = 'crossroads';

/** The role of a pod inside or outside the mesh. */
export type Role =
  | 'service'
  | 'migrations'
  | 'retention'
  | 'ops'
  | 'test'
  | 'kafka'
  | 'postgresql'
  | 'postgresql operator'
  | 'dns'
  | 'collector'
  | 'ingress controller'
  | 'source'
  | 'sign-in provider'
  | 'document store'
  | 'stranger';

export interface Member {
  readonly role: Role;
  readonly party: Party;
}

const podOf = (name: string, labels: Pod['labels'], namespace = NAMESPACE): Party => ({ name, namespace, labels });

interface PodTemplate {
  readonly template: { readonly metadata: { readonly labels: Pod['labels'] } };
}

const templateOf = (object: KubernetesObject): PodTemplate => object.spec as PodTemplate;

/** The pods of the chart. */
const made = (objects: readonly KubernetesObject[]): Member[] =>
  objects.flatMap((object): Member[] => {
    const { kind, metadata } = object;
    if (kind === 'Deployment')
      return [{ role: 'service', party: podOf(metadata.name, templateOf(object).template.metadata.labels) }];
    if (kind === 'Job')
      return [{ role: 'migrations', party: podOf(metadata.name, templateOf(object).template.metadata.labels) }];
    if (kind === 'CronJob') {
      const { labels } = (object.spec as { readonly jobTemplate: { readonly spec: PodTemplate } }).jobTemplate.spec
        .template.metadata;
      const role = labels['app.kubernetes.io/component'] === 'ops' ? 'ops' : 'retention';
      return [{ role, party: podOf(metadata.name, labels) }];
    }
    if (kind === 'Pod') return [{ role: 'test', party: podOf(metadata.name, metadata.labels ?? {}) }];
    return [];
  });

/** Where Kafka, PostgreSQL and the document store run in each example. */
const INFRASTRUCTURE: Readonly<Record<Profile, readonly Member[]>> = {
  dev: [
    { role: 'kafka', party: podOf('kafka', { 'app.kubernetes.io/name': 'kafka' }) },
    { role: 'postgresql', party: podOf('postgresql', { 'app.kubernetes.io/name': 'postgresql' }) },
  ],
  small: [
    { role: 'kafka', party: { name: 'kafka', ip: '192.0.2.1' } },
    { role: 'postgresql', party: { name: 'postgresql', ip: '192.0.2.16' } },
    { role: 'stranger', party: { name: "postgresql's neighbour", ip: '192.0.2.17' } },
    { role: 'document store', party: { name: 's3', ip: '192.0.2.32' } },
    { role: 'stranger', party: { name: "the document store's neighbour", ip: '192.0.2.33' } },
  ],
  production: [
    {
      role: 'kafka',
      party: podOf('broker', { 'strimzi.io/cluster': 'crossroads-kafka', 'strimzi.io/name': 'crossroads-kafka-kafka' }),
    },
    {
      role: 'stranger',
      party: podOf("another cluster's broker", {
        'strimzi.io/cluster': 'other',
        'strimzi.io/name': 'crossroads-kafka-kafka',
      }),
    },
    { role: 'document store', party: { name: 's3', ip: '192.0.2.33' } },
    ...['main', 'journal', 'keys'].map(
      (cluster): Member => ({
        role: 'postgresql',
        party: podOf(`postgresql ${cluster}`, { 'cnpg.io/cluster': `crossroads-postgresql-${cluster}` }),
      }),
    ),
    { role: 'stranger', party: podOf("another team's postgresql", { 'cnpg.io/cluster': 'crossroads-postgresql' }) },
    {
      role: 'postgresql operator',
      party: podOf('cnpg', { 'app.kubernetes.io/name': 'cloudnative-pg' }, 'cnpg-system'),
    },
  ],
};

const around: readonly Member[] = [
  { role: 'dns', party: podOf('coredns', { 'k8s-app': 'kube-dns' }, 'kube-system') },
  { role: 'stranger', party: podOf('another pod of kube-system', { 'k8s-app': 'other' }, 'kube-system') },
  { role: 'collector', party: podOf('collector', { app: 'otel-collector' }, 'observability') },
  {
    role: 'ingress controller',
    party: podOf('ingress', { 'app.kubernetes.io/name': 'ingress-nginx' }, 'ingress-nginx'),
  },
  { role: 'source', party: { name: 'an authentic source', ip: '198.51.100.9' } },
  { role: 'sign-in provider', party: { name: 'the sign-in provider', ip: '192.0.2.48' } },
  { role: 'stranger', party: { name: "the sign-in provider's neighbour", ip: '192.0.2.52' } },
  { role: 'stranger', party: podOf('a pod of the namespace', { app: 'other' }) },
  {
    role: 'stranger',
    party: podOf('exchange of another release', {
      'app.kubernetes.io/name': 'exchange',
      'app.kubernetes.io/instance': 'other',
      'app.kubernetes.io/component': 'service',
      'app.kubernetes.io/part-of': 'crossroads',
    }),
  },
  {
    role: 'stranger',
    party: podOf(
      'exchange of another namespace',
      {
        'app.kubernetes.io/name': 'exchange',
        'app.kubernetes.io/instance': 'mesh',
        'app.kubernetes.io/component': 'service',
        'app.kubernetes.io/part-of': 'crossroads',
      },
      'other',
    ),
  },
  { role: 'stranger', party: { name: 'the internet', ip: '203.0.113.7' } },
  { role: 'stranger', party: { name: 'the cloud’s metadata', ip: '169.254.169.254' } },
];

/** All parties that could have a connection with a pod of the mesh. */
export const membersOf = (profile: Profile, objects: readonly KubernetesObject[]): Member[] => [
  ...made(objects),
  ...INFRASTRUCTURE[profile],
  ...around,
];
