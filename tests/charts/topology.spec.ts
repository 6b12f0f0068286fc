import {
  calledBy,
  callersOf,
  callsSources,
  HOLDINGS,
  isForInstitutions,
  type KafkaGrant,
  kafkaGrantsOf,
  producedBy,
  readBy,
  SERVICES,
  type ServiceName,
  SOURCES,
  sharedKeysOf,
  TOPIC_NAMES,
  TOPICS,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { chartValues, ofKind, PROFILES, type Profile, renderedObjects, specOf } from './rendered.js';

const sorted = (names: readonly string[] = []) => [...names].toSorted((a, b) => a.localeCompare(b));
const values = chartValues();
const valuesOf = (service: string) => ({ ...values.defaults, ...values.services[service] });

describe("the chart's values", () => {
  it('have every service of the mesh, and no other', () => {
    expect(sorted(Object.keys(values.services))).toEqual(sorted(SERVICES));
  });

  it.each(SERVICES)('give %s what the topology says that it holds and calls', (service) => {
    const { calls, sources, produces, consumes, keys, keysDatabase, database, receipts, institutions } =
      valuesOf(service);
    const holding = HOLDINGS[service];
    expect({
      calls: sorted([...(calls ?? []), ...(sources?.services ?? [])]),
      produces: sorted(produces),
      consumes: sorted(consumes),
      keys: sorted(keys),
      database,
      keysDatabase: keysDatabase !== '',
      signsReceipts: receipts === 'sign',
      institutions,
    }).toEqual({
      calls: sorted(calledBy(service)),
      produces: sorted(producedBy(service)),
      consumes: sorted(readBy(service)),
      keys: sorted([...holding.ownKeys, ...sharedKeysOf(service)]),
      database: service.replaceAll('-', '_'),
      keysDatabase: holding.keysDatabase,
      signsReceipts: holding.receipts,
      institutions: isForInstitutions(service),
    });
  });

  it('have sources of their own where the topology has callers of sources', () => {
    const withSources = SERVICES.filter((service) => valuesOf(service).sources?.services?.length);
    expect(withSources).toEqual(SERVICES.filter(callsSources));
    expect(Object.keys(SOURCES)).toHaveLength(1);
  });
});

interface Peer {
  readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly ipBlock?: { readonly cidr: string };
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
}
interface Policy {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

const GRPC = 50_051;
const isService = (peer: Peer) => peer.podSelector?.matchLabels?.['app.kubernetes.io/component'] === 'service';
const nameOf = (peer: Peer) => peer.podSelector?.matchLabels?.['app.kubernetes.io/name'] ?? '';
const portsOf = ({ ports = [] }: Rule) => ports.map(({ port }) => port);

const policyOf = (profile: Profile, service: ServiceName) =>
  specOf<Policy>(renderedObjects(profile), 'NetworkPolicy', service);

describe.each(PROFILES)('network policies of profile %s', (profile) => {
  it('let nothing pass by default', () => {
    const policy = specOf<Policy>(renderedObjects(profile), 'NetworkPolicy', 'mesh-default-deny');
    expect(policy).toEqual({
      podSelector: {
        matchLabels: { 'app.kubernetes.io/part-of': 'crossroads', 'app.kubernetes.io/instance': 'mesh' },
      },
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('never leave a side or the ports of a rule open', () => {
    for (const { spec } of ofKind(renderedObjects(profile), 'NetworkPolicy')) {
      const { ingress = [], egress = [], podSelector } = spec as Policy;
      // Among themselves, and for their operator, the instances of a database take what they need.
      const database = 'cnpg.io/cluster' in podSelector.matchLabels;
      for (const rule of ingress) expect(rule.from?.length).toBeGreaterThan(0);
      for (const rule of egress) expect(rule.to?.length).toBeGreaterThan(0);
      for (const rule of [...ingress, ...egress]) expect(database || portsOf(rule).length > 0).toBe(true);
    }
  });

  it.each(SERVICES)('let the callers of %s in, and it out to whom it calls', (service) => {
    const { ingress = [], egress = [], policyTypes } = policyOf(profile, service);
    const incoming = ingress.flatMap(({ from = [] }) => from).filter(isService);
    const outgoing = egress.filter(({ to = [] }) => to.some(isService));
    expect({
      policyTypes,
      callers: sorted(incoming.map(nameOf)),
      calls: sorted(outgoing.flatMap(({ to = [] }) => to).map(nameOf)),
      ports: [...new Set([...ingress, ...outgoing].flatMap(portsOf))],
    }).toEqual({
      policyTypes: ['Ingress', 'Egress'],
      callers: sorted(callersOf(service)),
      calls: sorted(calledBy(service)),
      ports: [GRPC],
    });
  });

  it.each(SERVICES)('open nothing else from %s than DNS, its database, Kafka, the collector and sources', (service) => {
    const others = (policyOf(profile, service).egress ?? []).filter(({ to = [] }) => !to.some(isService));
    const [dns, database, kafka, ...rest] = others.map((rule) => sorted(portsOf(rule).map(String)));
    expect([dns, database, kafka]).toEqual([['53', '53'], ['5432'], ['9093']]);
    const collector = profile === 'dev' ? [] : [['4318']];
    const sources = { dev: [], small: [['443']], production: [['443', '50051']] }[profile];
    expect(rest).toEqual([...collector, ...(callsSources(service) ? sources : [])]);
  });

  it('have no way to the port of health', () => {
    const rules = ofKind(renderedObjects(profile), 'NetworkPolicy').flatMap(({ spec }) => {
      const { ingress = [], egress = [] } = spec as Policy;
      return [...ingress, ...egress];
    });
    expect(rules.flatMap(portsOf)).not.toContain(50_052);
  });
});

interface KafkaUser {
  readonly authentication: { readonly type: string };
  readonly authorization: {
    readonly acls: readonly {
      readonly resource: { readonly type: string; readonly name?: string; readonly patternType?: string };
      readonly operations: readonly string[];
    }[];
  };
}

/** One line for each thing and operation, in the words of Kafka's protocol. */
const linesOf = (grants: readonly KafkaGrant[]) =>
  sorted(
    grants.flatMap(({ resource, name, pattern, operations }) =>
      operations.map((operation) => [resource, pattern, name, operation].join(' ')),
    ),
  );

const linesOfUser = ({ authorization }: KafkaUser) =>
  sorted(
    authorization.acls.flatMap(({ resource: { type, name = 'kafka-cluster', patternType = 'literal' }, operations }) =>
      operations.map((operation) =>
        [
          type.toUpperCase(),
          patternType === 'prefix' ? 'PREFIXED' : 'LITERAL',
          name,
          operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
        ].join(' '),
      ),
    ),
  );

describe('Kafka in profile production', () => {
  const objects = renderedObjects('production');

  it.each(SERVICES)('lets %s do what the topology says, under the subject of its certificate', (service) => {
    const user = specOf<KafkaUser>(objects, 'KafkaUser', service);
    expect(user.authentication).toEqual({ type: 'tls-external' });
    expect(linesOfUser(user)).toEqual(linesOf(kafkaGrantsOf(service)));
  });

  it('has every topic, for as long as the topology says, in one partition', () => {
    expect(sorted(ofKind(objects, 'KafkaTopic').map(({ metadata }) => metadata.name))).toEqual(sorted(TOPIC_NAMES));
    for (const name of TOPIC_NAMES)
      expect(specOf(objects, 'KafkaTopic', name)).toMatchObject({
        partitions: 1,
        config: { 'retention.ms': TOPICS[name].retentionDays * 86_400_000 },
      });
  });
});
