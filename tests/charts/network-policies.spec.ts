import {
  calledBy,
  callsSources,
  isForInstitutions,
  isServiceName,
  producedBy,
  readBy,
  SERVICES,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { type ValidationContext, type NetworkPolicy, type Verdict, verdict } from './network-policy.js';
import { type Member, membersOf } from './parties.js';
import { type KubernetesObject, ofKind, PROFILES, type Profile, renderedObjects } from './rendered.js';

const GRPC = 50051;
const tcp = (port: number): ValidationContext => ({ protocol: 'TCP', port });
/** Those of the mesh and its neighbours, the kubelet's door, and some that nobody should pass. */
const DOORS: readonly ValidationContext[] = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'UDP', port: GRPC },
  ...[22, 53, 80, 443, 4318, 5432, 6443, 8080, 9091, 9093, GRPC, 50052].map(tcp),
];

const policiesIn = (objects: readonly KubernetesObject[]): NetworkPolicy[] =>
  ofKind(objects, 'NetworkPolicy').map(({ spec }) => ({ namespace: 'crossroads', ...(spec as NetworkPolicyBody) }));

type NetworkPolicyBody = Omit<NetworkPolicy, 'namespace'>;

interface Features {
  /** Institutions come in through it. */
  readonly ingress: boolean;
  readonly telemetry: boolean;
  /** The ports at which the example says that authentic sources serve. */
  readonly sources: readonly number[];
}

const FEATURES: Readonly<Record<Profile, Features>> = {
  dev: { ingress: false, telemetry: false, sources: [] },
  small: { ingress: true, telemetry: true, sources: [443] },
  production: { ingress: true, telemetry: true, sources: [443, GRPC] },
};

/** The arrows of the mesh, by libs/topology and what stands around it. */
const isArrow = (features: Features, from: Member, to: Member, door: ValidationContext): boolean => {
  if (to.role === 'dns') return ['service', 'migrations', 'test'].includes(from.role) && door.port === 53;
  if (door.protocol !== 'TCP') return false;
  const [caller, callee] = [from.party.name, to.party.name];
  if (from.role === 'postgresql operator' && to.role === 'postgresql') return true;
  if (from.role === 'postgresql' && to.role === 'postgresql') return true;
  if (to.role === 'postgresql') return ['service', 'migrations'].includes(from.role) && door.port === 5432;
  if (to.role === 'service' && isServiceName(callee)) {
    if (door.port !== GRPC) return false;
    if (from.role === 'service' && isServiceName(caller)) return calledBy(caller).includes(callee);
    if (from.role === 'ingress controller') return features.ingress && isForInstitutions(callee);
    return from.role === 'test' && callee === 'exchange';
  }
  if (from.role !== 'service' || !isServiceName(caller)) return false;
  if (to.role === 'kafka') return door.port === 9093 && producedBy(caller).length + readBy(caller).length > 0;
  if (to.role === 'collector') return features.telemetry && door.port === 4318;
  if (to.role === 'source') return callsSources(caller) && features.sources.includes(door.port);
  return false;
};

const text = (from: Member, to: Member, { protocol, port }: ValidationContext): string =>
  `${from.party.name} → ${to.party.name} ${protocol} ${port}`;

/** An arrow passes both sides; anything else is stopped by each side that the chart has a policy for, and by one at least. */
const fault = (arrow: boolean, sides: readonly Verdict[]): boolean =>
  arrow ? sides.includes('denies') : sides.includes('allows') || !sides.includes('denies');

interface Finding {
  readonly arrows: number;
  readonly wrong: readonly string[];
}

/** Each connection that somebody could try with a pod of the mesh, against the table. */
const compare = (profile: Profile, objects: readonly KubernetesObject[]): Finding => {
  const policies = policiesIn(objects);
  const members = membersOf(profile, objects);
  const own = new Set(members.filter(({ role }) => ['service', 'migrations', 'test'].includes(role)));
  const tried = members
    .flatMap((from) => members.map((to) => [from, to] as const))
    .filter(([from, to]) => from !== to && (own.has(from) || own.has(to)))
    .flatMap(([from, to]) =>
      DOORS.map((door) => ({ from, to, door, arrow: isArrow(FEATURES[profile], from, to, door) })),
    );
  const wrong = tried.flatMap(({ from, to, door, arrow }) => {
    const sides = [
      verdict(policies, 'Egress', from.party, to.party, door),
      verdict(policies, 'Ingress', to.party, from.party, door),
    ];
    return fault(arrow, sides)
      ? [`${text(from, to, door)}: ${arrow ? 'arrow' : 'no arrow'}, ${sides.join(' → ')}`]
      : [];
  });
  return { arrows: tried.filter(({ arrow }) => arrow).length, wrong };
};

describe.each(PROFILES)('network policies of the profile %s', (profile) => {
  it('let every arrow of the mesh pass on both sides, and nothing else', () => {
    const objects = renderedObjects(profile);
    const services = ofKind(objects, 'Deployment').map(({ metadata }) => metadata.name);
    expect(services.sort()).toEqual([...SERVICES].sort());
    const { arrows, wrong } = compare(profile, objects);
    expect(wrong).toEqual([]);
    expect(arrows).toBeGreaterThan(SERVICES.length * 3);
  });
});

it('the comparison sees an arrow that is missing, and one too many', () => {
  const objects = renderedObjects('small');
  const policyOf = (name: string) => (object: KubernetesObject) =>
    object.kind === 'NetworkPolicy' && object.metadata.name === name;
  const without = compare(
    'small',
    objects.filter((object) => !policyOf('exchange')(object)),
  );
  expect(without.wrong).toContain('subscription → exchange TCP 50051: arrow, allows → denies');
  expect(without.wrong).toContain('exchange → authorization TCP 50051: arrow, denies → allows');
  const open = { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] };
  const tooMuch = compare('small', [
    ...objects,
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'open' }, spec: open },
  ]);
  expect(tooMuch.wrong).toContain('exchange → the cloud’s metadata TCP 80: no arrow, allows → open');
});
