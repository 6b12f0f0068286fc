import type { DescMessage } from '@bufbuild/protobuf';
import { DELIVERIES, topicOfInstitution } from '@crossroads/topology';
import { LANE_COUNTS } from '../subscription/lanes.rules.js';
import { type Schema, schemasOf } from './json-schema.js';

const BINDING = '0.5.0';

const header = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more });

const HEADERS: Schema = {
  type: 'object',
  description: 'CloudEvents 1.0, Kafka binding, binary mode.',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_service', 'ce_time', 'ce_sequence', 'content-type'],
  properties: {
    ce_specversion: header('Version of CloudEvents.', { const: '1.0' }),
    ce_id: header('`<subscription id>:<lane>:<sequence>`.', { pattern: '^[0-9a-f-]{36}:[0-9]+:[0-9]+$' }),
    ce_source: header('URN of the subscription service.'),
    ce_type: header('What it is: a delivery, a closing notice, or a mark of a replay.', {
      enum: ['made', 'closed', 'marked'].map(
        (participle) => `crossroads.subscription.v1.deliveries.notify.${participle}`,
      ),
    }),
    ce_service: header('The service that sends it.', { const: 'crossroads.subscription.v1' }),
    ce_time: header('When its number was given.', { format: 'date-time' }),
    ce_sequence: header('Its number in the lane, padded to 20 digits.', { pattern: '^[0-9]{20}$' }),
    'content-type': header('The encoding.', { enum: ['application/protobuf', 'application/json'] }),
  },
};

const KEY = header(`${DELIVERIES.key}; of a notice about the subscription: its id`);

/** How an institution reads its deliveries, as AsyncAPI 3.0. */
export const asyncApiOf = (delivery: DescMessage): Schema => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Crossroads: deliveries to subscribers',
    version: '1.0.0',
    description:
      'Changes of persons to whom an institution has subscribed, on a Kafka topic of its own. Opened, changed and replayed by ' +
      'crossroads.subscription.v1.SubscriptionService (gRPC), which also streams them to institutions without Kafka.',
    license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  defaultContentType: 'application/protobuf',
  servers: {
    kafka: {
      host: '{broker}',
      protocol: 'kafka-secure',
      description: 'The Kafka of the mesh.',
      variables: { broker: { description: 'host:port of a broker', default: 'localhost:9092' } },
      security: [{ $ref: '#/components/securitySchemes/mtls' }],
    },
  },
  channels: {
    deliveries: {
      address: topicOfInstitution(DELIVERIES, '{enterpriseNumber}'),
      description:
        "The institution's deliveries, of all its subscriptions. Partition and lane are the same; a person's deliveries are in one.",
      parameters: { enterpriseNumber: { description: 'Of the institution: ten digits.' } },
      messages: {
        protobuf: { $ref: '#/components/messages/protobuf' },
        json: { $ref: '#/components/messages/json' },
      },
      bindings: {
        kafka: {
          topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': DELIVERIES.retentionDays * 86_400_000 },
          bindingVersion: BINDING,
        },
      },
      'x-partitions': LANE_COUNTS,
    },
  },
  operations: {
    readDeliveries: {
      action: 'receive',
      channel: { $ref: '#/channels/deliveries' },
      summary:
        'Read deliveries; drop those whose number was seen, and ask ReplayDeliveries for those that are missing.',
      bindings: {
        kafka: {
          groupId: {
            type: 'string',
            description: 'Begins with the enterprise number and a dot.',
            pattern: '^[0-9]{10}\\.',
          },
          bindingVersion: BINDING,
        },
      },
    },
  },
  components: {
    securitySchemes: {
      mtls: { type: 'X509', description: 'Certificate of an application that the institution has registered.' },
    },
    messages: {
      protobuf: {
        name: 'DeliveryInProtobuf',
        contentType: 'application/protobuf',
        headers: HEADERS,
        payload: {
          schemaFormat: 'application/vnd.google.protobuf;version=3',
          schema: `syntax = "proto3";\nimport public "${delivery.file.name}.proto"; // message ${delivery.typeName}: see GetSchemas\n`,
        },
        bindings: { kafka: { key: KEY, bindingVersion: BINDING } },
      },
      json: {
        name: 'DeliveryInJson',
        contentType: 'application/json',
        headers: HEADERS,
        payload: { $ref: `#/components/schemas/${delivery.name}` },
        bindings: { kafka: { key: KEY, bindingVersion: BINDING } },
      },
    },
    schemas: Object.fromEntries(schemasOf(delivery, (name) => `#/components/schemas/${name}`)),
  },
});
