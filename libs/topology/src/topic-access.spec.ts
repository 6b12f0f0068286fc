import { describe, expect, it } from '@jest/globals';
import { kafkaGrantsOf } from './kafka-grants.js';
import { keysOf } from './keys.js';
import { portOffsetOf, SERVICES, serviceNamed } from './services/index.js';
import { mayRead, producedBy, producersOf, readBy, readersOf } from './topic-access.js';
import { DELIVERIES, EBOX_EVENTS, SEALED_TOPICS, TOPIC_NAMES } from './topics.js';

describe('topics', () => {
  it('may be read only by services that list them, whatever a request names', () => {
    expect(mayRead('access-audit', 'crossroads.access.v1')).toBe(true);
    expect(mayRead('subscription', 'crossroads.access.v1')).toBe(false);
    expect(mayRead('subscription', 'crossroads.deliveries.0206731645.v1')).toBe(false);
    expect(mayRead('subscription', 'toString')).toBe(false);
  });

  it('have a producer and a reader each', () => {
    for (const topic of TOPIC_NAMES)
      expect([topic, producersOf(topic).length > 0, readersOf(topic).length > 0]).toEqual([topic, true, true]);
  });

  it('that are sealed give their keys to producers and readers only', () => {
    for (const topic of SEALED_TOPICS)
      expect(SERVICES.filter((name) => keysOf(name).includes(topic))).toEqual(
        SERVICES.filter((name) => producersOf(topic).includes(name) || readersOf(topic).includes(name)),
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
    expect(topicsTo('WRITE', 'exchange')).toEqual(['crossroads.mutation.v1', 'crossroads.access.v1']);
    expect(topicsTo('WRITE', 'subscription')).toEqual(['crossroads.access.v1', 'crossroads.deliveries.']);
  });

  it('let only services with topics of institutions give rights to others', () => {
    expect(
      SERVICES.filter((name) => kafkaGrantsOf(name).some(({ operations }) => operations.includes('ALTER'))),
    ).toEqual(['subscription', 'ebox']);
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
