import { describe, expect, it } from '@jest/globals';
import { isServer } from './calls.js';
import { kafkaGrantsOf, kafkaGrantsOfInstitution } from './kafka-grants.js';
import { keysOf } from './keys.js';
import { portOffsetOf, SERVICES, serviceNamed } from './services/index.js';
import { accessTopicOf, mayRead, producedBy, producerOf, readBy, readersOf } from './topic-access.js';
import { DELIVERIES, EBOX_EVENTS, SEALED_TOPICS, TOPIC_NAMES } from './topics.js';

describe('topics', () => {
  it('may be read only by services that list them, whatever a request names', () => {
    expect(mayRead('access-audit', 'crossroads.access.exchange.v1')).toBe(true);
    expect(mayRead('subscription', 'crossroads.access.exchange.v1')).toBe(false);
    expect(mayRead('subscription', 'crossroads.access.subscription.v1')).toBe(false);
    expect(mayRead('subscription', 'crossroads.deliveries.0206731645.v1')).toBe(false);
    expect(mayRead('subscription', 'toString')).toBe(false);
  });

  it('have one producer each, and a reader', () => {
    for (const topic of TOPIC_NAMES) {
      expect(SERVICES.filter((name) => producedBy(name).includes(topic))).toEqual([producerOf(topic)]);
      expect([topic, readersOf(topic).length > 0]).toEqual([topic, true]);
    }
  });

  it('of the mesh are all sealed', () => {
    expect(SEALED_TOPICS).toEqual(TOPIC_NAMES);
  });

  it('with access records are of the service that keeps the journal', () => {
    const journals = SERVICES.filter((name) => accessTopicOf(name) !== undefined);
    const shortNames = journals.map((name) => (name === 'reference-directory' ? 'directory' : name));
    expect(journals.map(accessTopicOf)).toEqual(shortNames.map((name) => `crossroads.access.${name}.v1`));
  });

  it('that are sealed give their keys to producers and readers only', () => {
    for (const topic of SEALED_TOPICS)
      expect(SERVICES.filter((name) => keysOf(name).includes(topic))).toEqual(
        SERVICES.filter((name) => producerOf(topic) === name || readersOf(topic).includes(name)),
      );
  });

  it('of institutions are written by one service each', () => {
    for (const [topics, writer] of [
      [DELIVERIES, 'subscription'],
      [EBOX_EVENTS, 'ebox'],
    ] as const)
      expect(SERVICES.filter((name) => serviceNamed(name).institutionTopics === topics)).toEqual([writer]);
  });
});

describe('Kafka grants', () => {
  const topicsTo = (operation: 'READ' | 'WRITE', service: (typeof SERVICES)[number]) =>
    kafkaGrantsOf(service)
      .filter(({ resource, operations }) => resource === 'TOPIC' && operations.includes(operation))
      .map(({ name }) => name);

  it('let each service read and write its topics only', () => {
    for (const service of SERVICES) {
      expect(topicsTo('READ', service)).toEqual(readBy(service));
      expect(topicsTo('WRITE', service)).toEqual(expect.arrayContaining([...producedBy(service)]));
    }
    expect(topicsTo('WRITE', 'exchange')).toEqual(['crossroads.mutation.v1', 'crossroads.access.exchange.v1']);
    expect(topicsTo('WRITE', 'subscription')).toEqual(['crossroads.access.subscription.v1', 'crossroads.deliveries.']);
  });

  it('let one service only create topics of institutions and give rights to others, which has no data and no rpc', () => {
    const administrators = SERVICES.filter((name) =>
      kafkaGrantsOf(name).some(
        ({ name: on, operations }) =>
          operations.includes('ALTER') || (operations.includes('CREATE') && on.endsWith('.') && on.startsWith('cross')),
      ),
    );
    expect(administrators).toEqual(['broker-keeper']);
    expect(administrators.map((name) => [isServer(name), serviceNamed(name).database])).toEqual([[false, false]]);
    expect(topicsTo('READ', 'broker-keeper')).toEqual([]);
    expect(topicsTo('WRITE', 'broker-keeper')).toEqual([]);
  });

  it('give the portal nothing: institutions alone get rights by their keys, and it has none to read topics', () => {
    expect(kafkaGrantsOf('portal')).toEqual([]);
    expect(keysOf('portal')).toEqual([]);
  });

  it('let an institution read its own topics in its own groups', () => {
    expect(kafkaGrantsOfInstitution('0206731645', [DELIVERIES])).toEqual([
      { resource: 'TOPIC', name: 'crossroads.deliveries.0206731645.v1', pattern: 'LITERAL', operations: ['READ'] },
      { resource: 'GROUP', name: '0206731645', pattern: 'PREFIXED', operations: ['READ'] },
    ]);
  });

  it('give no service the consumer groups of another: no name begins with another name', () => {
    for (const one of SERVICES) expect(SERVICES.filter((other) => other.startsWith(one))).toEqual([one]);
  });
});

describe('ports on one machine', () => {
  it('leave room for ten services before those of the demo institutions', () => {
    expect(SERVICES.map(portOffsetOf)).toEqual(SERVICES.map((_, index) => index));
    expect(SERVICES.length).toBeLessThanOrEqual(10);
  });
});
