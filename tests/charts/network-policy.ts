import { BlockList, isIPv6 } from 'node:net';

type Labels = Readonly<Record<string, string>>;

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: Operator;
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

/** The fields of a NetworkPolicy (networking.k8s.io/v1). */
export interface NetworkPolicy {
  readonly namespace: string;
  readonly podSelector: Selector;
  readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly PolicyPort[] }[];
  readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly PolicyPort[] }[];
}

/** A pod of the cluster. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/** A pod, or a host outside. */
export type Party = Pod | { readonly name: string; readonly ip: string };

export interface Endpoint {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

/** `open`: no policy applies to this direction. */
export type Verdict = 'open' | 'allows' | 'denies';

const isPod = (party: Party): party is Pod => 'namespace' in party;

const operators: Readonly<Record<Operator, (value: string | undefined, values: readonly string[]) => boolean>> = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};

const matches = (labels: Labels, { matchLabels = {}, matchExpressions = [] }: Selector): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => operators[operator](labels[key], values));

const within = (ip: string, cidr: string): boolean => {
  const [network = '', prefix = ''] = cidr.split('/');
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  if (family(ip) !== family(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family(network));
  return list.check(ip, family(ip));
};

/** Kubernetes gives each namespace this label. */
const namespaceLabels = (name: string): Labels => ({ 'kubernetes.io/metadata.name': name });

const isPeer = (policy: NetworkPolicy, { podSelector, namespaceSelector, ipBlock }: Peer, party: Party): boolean => {
  if (ipBlock)
    return (
      !isPod(party) && within(party.ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((cidr) => within(party.ip, cidr))
    );
  if (!isPod(party)) return false;
  const inNamespace = namespaceSelector
    ? matches(namespaceLabels(party.namespace), namespaceSelector)
    : party.namespace === policy.namespace;
  return inNamespace && matches(party.labels, podSelector ?? {});
};

const isPort = ({ protocol = 'TCP', port, endPort }: PolicyPort, endpoint: Endpoint): boolean => {
  if (typeof port === 'string') throw new Error(`port ${port}: named ports are not evaluated here`);
  if (protocol !== endpoint.protocol) return false;
  return port === undefined || (endpoint.port >= port && endpoint.port <= (endPort ?? port));
};

const typesOf = ({ policyTypes, egress }: NetworkPolicy): readonly string[] =>
  policyTypes ?? (egress ? ['Ingress', 'Egress'] : ['Ingress']);

/** Whether `pod` may open (Egress) or accept (Ingress) a connection with the other party at an endpoint. */
export const verdict = (
  policies: readonly NetworkPolicy[],
  side: 'Ingress' | 'Egress',
  pod: Party,
  other: Party,
  endpoint: Endpoint,
): Verdict => {
  if (!isPod(pod)) return 'open';
  const about = policies.filter(
    (policy) =>
      policy.namespace === pod.namespace && matches(pod.labels, policy.podSelector) && typesOf(policy).includes(side),
  );
  if (about.length === 0) return 'open';
  const rulesOf = (policy: NetworkPolicy) =>
    side === 'Ingress'
      ? (policy.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  const allowed = about.some((policy) =>
    rulesOf(policy).some(
      ({ peers, ports }) =>
        // A missing or empty list matches everyone.
        (!peers?.length || peers.some((peer) => isPeer(policy, peer, other))) &&
        (!ports?.length || ports.some((port) => isPort(port, endpoint))),
    ),
  );
  return allowed ? 'allows' : 'denies';
};
