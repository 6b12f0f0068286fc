import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvent } from '../broker/testing/sample-events.js';
import { requestsOf } from './kafka-producer.js';

const KIB = 1024;
const big = (partition: number | undefined, kib: number) =>
  sampleEvent(0, { data: Buffer.alloc(kib * KIB), ...(partition === undefined ? {} : { partition }) });

describe('the requests in which events are published', () => {
  it('are one for the events of many partitions, each with a record batch of its own', () => {
    const events = Array.from({ length: 16 }, (_, partition) => big(partition, 400));
    expect([...requestsOf(events)].map(({ length }) => length)).toEqual([16]);
  });

  it('are two when the record batch of one partition would be larger than Kafka takes', () => {
    expect([...requestsOf([big(1, 400), big(2, 400), big(1, 400), big(1, 400)])].map(({ length }) => length)).toEqual([
      3, 1,
    ]);
  });

  it('give an event alone to Kafka that is larger than a record batch: it has its own limit', () => {
    expect([...requestsOf([big(1, 4_000), big(1, 4_000)])].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('keep the order of events, lose none, and stay below the limits', () => {
    const event = fc
      .tuple(fc.option(fc.nat(3), { nil: undefined }), fc.nat(500))
      .map(([partition, kib]) => big(partition, kib));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const requests = [...requestsOf(events)];
        expect(requests.flat().map(({ value }) => value?.length)).toEqual(events.map(({ data }) => data.length));
        expect(requests.flat().map(({ partition }) => partition)).toEqual(events.map(({ partition }) => partition));
        for (const request of requests) {
          const sizes = new Map<number | undefined, number>();
          for (const { partition, value } of request)
            sizes.set(partition, (sizes.get(partition) ?? 0) + (value?.length ?? 0));
          expect(Math.max(...sizes.values())).toBeLessThanOrEqual(900_000);
        }
      }),
      { numRuns: 30 },
    );
  });
});
