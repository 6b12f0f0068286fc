import { describe, expect, it } from '@jest/globals';
import { sharedKeysOf } from './holdings.js';
import { kafkaGrantsOf } from './kafka-grants.js';
import { SERVICES } from './services.js';
import { mayRead, producedBy, producersOf, readBy, readersOf, SEALED_TOPICS, TOPIC_NAMES } from './topics.js';

describe('topics', () => {
  it('are read by those in the table alone, whatever a request names', () => {
    expect(mayRead('access-audit', 'crossroads.access.v1')).toBe(true);
    expect(mayRead('subscription', 'crossroads.access.v1')).toBe(false);
    expect(mayRead('subscription', 'crossroads.deliveries.0206731645.v1')).toBe(false);
    expect(mayRead('subscription', 'toString')).toBe(false);
  });

  it('are the same from the side of the topic and of the service', () => {
    for (const topic of TOPIC_NAMES) {
      expect(SERVICES.filter((name) => producedBy(name).includes(topic))).toEqual(producersOf(topic));
      expect(SERVICES.filter((name) => readBy(name).includes(topic))).toEqual(readersOf(topic));
    }
  });

  it('give the keys of sealed ones to producers and readers, nobody else', () => {
    for (const topic of SEALED_TOPICS)
      expect(SERVICES.filter((name) => sharedKeysOf(name).includes(topic))).toEqual(
        SERVICES.filter(
          (name) => producersOf(topic).some((one) => one === name) || readersOf(topic).some((one) => one === name),
        ),
      );
  });
});

describe('what Kafka allows', () => {
  const topicsTo = (operation: 'READ' | 'WRITE', service: (typeof SERVICES)[number]) =>
    kafkaGrantsOf(service)
      .filter(({ resource, operations }) => resource === 'TOPIC' && operations.includes(operation))
      .map(({ name }) => name);

  it('is what is in the table', () => {
    for (const service of SERVICES) expect(topicsTo('READ', service)).toEqual(readBy(service));
    expect(topicsTo('WRITE', 'exchange')).toEqual(['crossroads.mutation.v1', 'crossroads.access.v1']);
    expect(topicsTo('WRITE', 'subscription')).toEqual(['crossroads.access.v1', 'crossroads.deliveries.']);
  });

  it('lets subscription alone give rights', () => {
    expect(
      SERVICES.filter((name) => kafkaGrantsOf(name).some(({ operations }) => operations.includes('ALTER'))),
    ).toEqual(['subscription']);
  });

  it('keeps the names of groups apart: none begins with another service’s', () => {
    for (const one of SERVICES) expect(SERVICES.filter((other) => other.startsWith(one))).toEqual([one]);
  });
});
