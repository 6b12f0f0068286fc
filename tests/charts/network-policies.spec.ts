import {
  databaseClusterOf,
  calledBy,
  callsSources,
  isForInstitutions,
  isServiceName,
  type ServiceName,
  serviceNamed,
  usesKafka,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { type Endpoint, type NetworkPolicy, type Verdict, verdict } from './network-policy.js';
import { type Member, membersOf } from './parties.js';
import { type KubernetesObject, ofKind, PROFILES, type Profile, renderedObjects, servicesIn } from './rendered.js';

const GRPC = 50051;
const INSTITUTIONS = 50053;
const HTTP = 8080;
const tcp = (port: number): Endpoint => ({ protocol: 'TCP', port });
/** Ports of the mesh and its neighbours, the port of the kubelet's probes, and some that must be closed. */
const ENDPOINTS: readonly Endpoint[] = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'UDP', port: GRPC },
  ...[22, 53, 80, 443, 4318, 5432, 6443, HTTP, 9000, 9091, 9093, GRPC, 50052, INSTITUTIONS].map(tcp),
];

const policiesIn = (objects: readonly KubernetesObject[]): NetworkPolicy[] =>
  ofKind(objects, 'NetworkPolicy').map(({ spec }) => ({ namespace: 'crossroads', ...(spec as NetworkPolicyBody) }));

type NetworkPolicyBody = Omit<NetworkPolicy, 'namespace'>;

interface Features {
  /** The controller through which institutions connect. */
  readonly ingress: boolean;
  readonly telemetry: boolean;
  /** The ports of authentic sources and document providers in the example. */
  readonly sources: readonly number[];
  /** The port of the document store in the example. */
  readonly documentStore?: number;
  /** The port of the archive of journals, if it is in the same place. */
  readonly archive?: number;
}

const FEATURES: Readonly<Record<Profile, Features>> = {
  dev: { ingress: false, telemetry: false, sources: [] },
  small: { ingress: true, telemetry: true, sources: [443], documentStore: 9000 },
  production: { ingress: true, telemetry: true, sources: [443, GRPC], documentStore: 443, archive: 443 },
};

/** Pods of Jobs, which nobody calls. */
const JOBS = ['migrations', 'retention', 'ops'];

/** Whether the mesh needs a connection, according to libs/topology and the infrastructure around the mesh. */
const isNeededBy = (features: Features, from: Member, to: Member, endpoint: Endpoint): boolean => {
  if (to.role === 'dns') return ['service', 'test', ...JOBS].includes(from.role) && endpoint.port === 53;
  if (endpoint.protocol !== 'TCP') return false;
  const [caller, callee] = [from.party.name, to.party.name];
  if (from.role === 'postgresql operator' && to.role === 'postgresql') return true;
  if (from.role === 'postgresql' && to.role === 'postgresql') return true;
  if (to.role === 'postgresql')
    return ['service', ...JOBS].includes(from.role) && endpoint.port === 5432 && hasDatabaseIn(callee, caller);
  if (to.role === 'service' && isServiceName(callee)) {
    if (endpoint.port === HTTP) return from.role === 'ingress controller' && serviceNamed(callee).servesPages;
    const isOfMesh = (from.role === 'service' && !isPortal(caller)) || from.role === 'ops';
    if (endpoint.port !== (isOfMesh ? GRPC : INSTITUTIONS)) return false;
    if (from.role === 'service' && isServiceName(caller)) return calledBy(caller).includes(callee);
    if (from.role === 'ops') return calledBy(serviceOf(caller)).includes(callee);
    if (from.role === 'ingress controller') return features.ingress && isForInstitutions(callee);
    return from.role === 'test' && callee === 'exchange';
  }
  if (from.role === 'retention') return to.role === 'document store' && endpoint.port === features.archive;
  if (from.role !== 'service' || !isServiceName(caller)) return false;
  if (to.role === 'kafka') return endpoint.port === 9093 && usesKafka(caller);
  if (to.role === 'collector') return features.telemetry && endpoint.port === 4318;
  if (to.role === 'sign-in provider') return isPortal(caller) && endpoint.port === 443;
  if (to.role === 'source') return callsSources(caller) && features.sources.includes(endpoint.port);
  if (to.role === 'document store')
    return serviceNamed(caller).storesDocuments && endpoint.port === features.documentStore;
  return false;
};

/** The portal calls services where institutions do. */
const isPortal = (pod: string): boolean => isServiceName(pod) && serviceNamed(pod).servesPages;

const serviceOf = (pod: string): ServiceName => {
  const service = pod.replace(/-(migrations|contract|retention|ops)$/, '');
  if (!isServiceName(service)) throw new Error(`${pod} is of no service`);
  return service;
};

/** Whether a service, or its Jobs, have a database there: in the one server of some profiles, or in a Cluster of production. */
const hasDatabaseIn = (server: string, pod: string): boolean => {
  const service = serviceOf(pod);
  if (!serviceNamed(service).database) return false;
  const cluster = server.replace(/^postgresql ?/, '');
  if (cluster === 'keys') return serviceNamed(service).subjectKeys && !pod.endsWith('-retention');
  return cluster === '' || cluster === databaseClusterOf(service);
};

const text = (from: Member, to: Member, { protocol, port }: Endpoint): string =>
  `${from.party.name} → ${to.party.name} ${protocol} ${port}`;

/** A needed connection must pass the policies of both pods; any other must be denied by one of them and allowed by none. */
const fault = (isNeeded: boolean, sides: readonly Verdict[]): boolean =>
  isNeeded ? sides.includes('denies') : sides.includes('allows') || !sides.includes('denies');

interface Finding {
  readonly needed: number;
  readonly wrong: readonly string[];
}

/** Compares every possible connection to or from a pod of the mesh with what it needs. */
const compare = (profile: Profile, objects: readonly KubernetesObject[]): Finding => {
  const policies = policiesIn(objects);
  const members = membersOf(profile, objects);
  const own = new Set(members.filter(({ role }) => ['service', 'test', ...JOBS].includes(role)));
  const tried = members
    .flatMap((from) => members.map((to) => [from, to] as const))
    .filter(([from, to]) => from !== to && (own.has(from) || own.has(to)))
    .flatMap(([from, to]) =>
      ENDPOINTS.map((endpoint) => ({
        from,
        to,
        endpoint,
        isNeeded: isNeededBy(FEATURES[profile], from, to, endpoint),
      })),
    );
  const wrong = tried.flatMap(({ from, to, endpoint, isNeeded }) => {
    const sides = [
      verdict(policies, 'Egress', from.party, to.party, endpoint),
      verdict(policies, 'Ingress', to.party, from.party, endpoint),
    ];
    return fault(isNeeded, sides)
      ? [`${text(from, to, endpoint)}: ${isNeeded ? 'needed' : 'not needed'}, ${sides.join(' → ')}`]
      : [];
  });
  return { needed: tried.filter(({ isNeeded }) => isNeeded).length, wrong };
};

describe.each(PROFILES)('network policies of the profile %s', (profile) => {
  it('network policies allow every needed connection and no other', () => {
    const objects = renderedObjects(profile);
    const services = ofKind(objects, 'Deployment').map(({ metadata }) => metadata.name);
    expect(services.sort()).toEqual([...servicesIn(profile)].sort());
    const { needed, wrong } = compare(profile, objects);
    expect(wrong).toEqual([]);
    expect(needed).toBeGreaterThan(servicesIn(profile).length * 3);
  });
});

it('the comparison reports a missing and an additional connection', () => {
  const objects = renderedObjects('small');
  const policyOf = (name: string) => (object: KubernetesObject) =>
    object.kind === 'NetworkPolicy' && object.metadata.name === name;
  const without = compare(
    'small',
    objects.filter((object) => !policyOf('exchange')(object)),
  );
  expect(without.wrong).toContain('subscription → exchange TCP 50051: needed, allows → denies');
  expect(without.wrong).toContain('exchange → authorization TCP 50051: needed, denies → allows');
  const open = { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] };
  const tooMuch = compare('small', [
    ...objects,
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'open' }, spec: open },
  ]);
  expect(tooMuch.wrong).toContain('exchange → the cloud’s metadata TCP 80: not needed, allows → open');
});
