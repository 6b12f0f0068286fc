import { randomUUID } from 'node:crypto';
import { bundled, type CloudEvent, type EventPlace } from '@crossroads/messaging';
import { eventually, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogInMemory } from './log-in-memory.js';
import { RecordingService } from './recording-consumer.js';
import { OTHER_SOURCE, sealing, strangersSealing, TOPIC } from './sealing.js';
import { TopicInMemory } from './topic-in-memory.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);
const HASH = 'ab'.repeat(32);
const FAR = 10n ** 15n;
const NOBODY = 'urn:crossroads:service:nobody';

interface Refused {
  readonly reason: string;
  readonly key: string;
}

describe('somebody who may write to a topic, and does not have its key', () => {
  let service: RecordingService;
  let log: LogInMemory;
  let topic: TopicInMemory;
  let consumption: ReturnType<RecordingService['consume']>;

  /** Events 0 to 2 were taken. */
  beforeEach(async () => {
    service = await RecordingService.start();
    log = new LogInMemory();
    topic = new TopicInMemory(2);
    consumption = service.consume(topic, [log.eventSource]);
    await publish(0, 3);
    await taken(3);
  });
  afterEach(async () => {
    await consumption.close();
    await service.stop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const append = (n: number) => log.append(0, n, { key: 'one' });
  const publish = (from: number, to: number) => topic.publish(...range(from, to).map(append));
  const taken = async (count: number) => {
    await eventually(
      () => service.effects(),
      (effects) => effects.length >= count,
      20_000,
    );
    expect(await service.effects()).toEqual(range(0, count));
  };
  const refused = (count: number) =>
    eventually(
      () => service.db.query<Refused>('select reason, key from refused order by position'),
      (rows) => rows.length >= count,
      20_000,
    ).then((rows) => {
      expect(rows).toHaveLength(count);
      return rows.map(({ reason }) => reason).sort();
    });
  const forged = (more: Partial<CloudEvent> = {}): CloudEvent => ({
    id: randomUUID(),
    source: log.source,
    type: 'sample.things.notify.changed',
    service: 'crossroads.sample.v1',
    time: new Date(),
    key: 'one',
    partition: 0,
    data: Buffer.from('666'),
    ...more,
  });
  /** Follows what was published last, and is far beyond it. */
  const far = (changes: Partial<EventPlace> = {}): EventPlace => ({
    ...{ logId: log.logId, position: FAR, hash: HASH, serial: FAR, previous: log.headOf(0) },
    ...changes,
  });

  it('adds no event, whether unsealed, sealed with another key or in a bundle', async () => {
    const [stranger, bundle] = await strangersSealing.seal(TOPIC, [forged(), ...bundled([forged(), forged()])]);
    topic.inject(forged(), ...bundled([forged(), forged()]), ...[stranger, bundle].filter((one) => one !== undefined));
    await publish(3, 5);
    await taken(5);
    expect(await refused(4)).toEqual(['NOT_OPENED', 'NOT_OPENED', 'NOT_SEALED', 'NOT_SEALED']);
  });

  it.each<[string, () => Partial<CloudEvent>]>([
    ['by a high position', () => ({ place: far() })],
    [
      'by a high position behind a place that it does not have',
      () => ({ place: far({ previous: { position: 9n, hash: HASH } }) }),
    ],
    [
      'by a high position in the log of one source in the name of another',
      () => ({ source: OTHER_SOURCE, place: far() }),
    ],
    ['by a source that does not produce the topic', () => ({ source: NOBODY, place: far() })],
    [
      'by a gap in a log that nobody has',
      () => ({ source: NOBODY, place: far({ logId: randomUUID(), previous: { position: 5n, hash: HASH } }) }),
    ],
    [
      'by another hash at a place that was read',
      () => ({ place: far({ ...log.headOf(0), hash: HASH, previous: { position: 1n, hash: HASH } }) }),
    ],
    ['by texts that a database does not store', () => ({ key: 'a\0b', id: `${'x'.repeat(999)}😀`, place: far() })],
    [
      'by the id of a key that is too long to derive',
      () => ({ sealingKeyId: `${TOPIC}.${'k'.repeat(5_000)}`, place: far() }),
    ],
  ])('neither stops a partition nor makes its reader skip anything: %s', async (_how, more) => {
    log.isAway = true;
    topic.inject(forged(more()), ...(await strangersSealing.seal(TOPIC, [forged(more())])));
    await publish(3, 5);
    await taken(5);
    await refused(2);
    expect(consumption.forked()).toBe(0);
  });

  it('cannot change an attribute of a real message, nor move it to another partition', async () => {
    const [real] = await sealing.seal(TOPIC, [{ ...append(3), sequence: '1', traceparent: 'a' }]);
    if (!real?.place) throw new Error('a message');
    const { place } = real;
    const { previous } = place;
    const changed: CloudEvent[] = [
      { ...real, id: randomUUID() },
      { ...real, source: OTHER_SOURCE },
      { ...real, type: 'sample.things.notify.removed' },
      { ...real, service: 'crossroads.other.v1' },
      { ...real, time: new Date(0) },
      { ...real, key: 'two' },
      { ...real, sequence: '2' },
      { ...real, traceparent: 'b' },
      { ...real, contentType: 'text/plain' },
      { ...real, partition: 1 },
      ...[
        { logId: randomUUID() },
        { position: FAR },
        { hash: HASH },
        { serial: FAR },
        { previous: { ...previous, position: 1n } },
        { previous: { ...previous, hash: HASH } },
      ].map((change) => ({ ...real, place: { ...place, ...change } })),
    ];
    const { sequence: _sequence, ...unnumbered } = real;
    const { place: _place, ...placeless } = real;
    topic.inject(...changed, unnumbered, placeless);
    expect(new Set(await refused(changed.length + 2))).toEqual(new Set(['FOREIGN_SOURCE', 'NOT_OPENED']));
    expect(await service.effects()).toEqual(range(0, 3));
    topic.inject(real);
    await taken(4);
  });

  it('cannot make the publisher be asked, by announcements', async () => {
    const checks = log.checks;
    topic.inject(...range(0, 5).map(() => log.opened(0)));
    await publish(3, 5);
    await taken(5);
    expect(log.checks).toBe(checks);
    await refused(5);
  });

  it('does no harm by repeating real messages and announcements, in whatever order', async () => {
    const real = await sealing.seal(TOPIC, [...range(3, 8).map(append), log.opened(0)]);
    topic.inject(...real);
    await taken(8);
    topic.inject(...real.toReversed(), ...real);
    await publish(8, 10);
    await taken(10);
    expect(consumption.forked()).toBe(0);
    await refused(0);
  });

  it('holds nobody’s key up, and is noted once however often it comes', async () => {
    const message = forged();
    topic.inject(message, message);
    await publish(3, 4);
    topic.inject(message);
    await publish(4, 5);
    await taken(5);
    expect(await refused(1)).toEqual(['NOT_SEALED']);
    expect(await service.parked.page({ limit: 10 })).toEqual([]);
  });

  it('does not fill the disk: the newest messages are kept', async () => {
    topic.inject(...range(0, 1_200).map((n) => forged({ key: String(n) })));
    await publish(3, 4);
    await taken(4);
    const rows = await service.db.query<Refused>('select reason, key from refused order by position desc');
    expect(rows.length).toBe(1_000);
    expect(rows[0]?.key).toBe('1199');
  });
});
