import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chartTopology,
  type KafkaGrant,
  kafkaGrantsOf,
  PARTITIONS,
  SERVICES,
  TOPIC_NAMES,
  TOPICS,
  usesKafka,
} from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { CHART, ofKind, renderedObjects, specOf } from './rendered.js';

const sorted = (names: readonly string[] = []) => [...names].toSorted((a, b) => a.localeCompare(b));

describe('files/topology.yaml of the chart', () => {
  it('files/topology.yaml of the chart is current (npm run topology)', () => {
    expect(parse(readFileSync(join(CHART, 'files', 'topology.yaml'), 'utf8'))).toEqual(chartTopology());
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

/** One line for each resource and operation, in the terms of Kafka's protocol. */
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

  it.each(SERVICES.filter(usesKafka))(
    'the KafkaUser of %s has the rights of the topology, and the subject of its certificate',
    (service) => {
      const user = specOf<KafkaUser>(objects, 'KafkaUser', service);
      expect(user.authentication).toEqual({ type: 'tls-external' });
      expect(linesOfUser(user)).toEqual(linesOf(kafkaGrantsOf(service)));
    },
  );

  it('a service that uses no topic has no KafkaUser', () => {
    expect(sorted(ofKind(objects, 'KafkaUser').map(({ metadata }) => metadata.name))).toEqual(
      sorted(SERVICES.filter(usesKafka)),
    );
  });

  it('each topic has the retention and the partitions of the topology, and is on three brokers, of which two must have a message', () => {
    expect(sorted(ofKind(objects, 'KafkaTopic').map(({ metadata }) => metadata.name))).toEqual(sorted(TOPIC_NAMES));
    for (const name of TOPIC_NAMES)
      expect(specOf(objects, 'KafkaTopic', name)).toMatchObject({
        partitions: PARTITIONS,
        replicas: 3,
        config: { 'retention.ms': TOPICS[name].retentionDays * 86_400_000, 'min.insync.replicas': 2 },
      });
  });
});
