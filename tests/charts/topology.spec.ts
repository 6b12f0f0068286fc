import {
  calledBy,
  callsSources,
  HOLDINGS,
  isForInstitutions,
  type KafkaGrant,
  kafkaGrantsOf,
  producedBy,
  readBy,
  SERVICES,
  SOURCES,
  sharedKeysOf,
  TOPIC_NAMES,
  TOPICS,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { chartValues, ofKind, renderedObjects, specOf } from './rendered.js';

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
