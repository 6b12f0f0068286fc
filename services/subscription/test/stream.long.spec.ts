import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type {
  LaneSequence,
  StreamDeliveriesRequest,
  StreamHeartbeat,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { ALL_RIGHTS, type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Subscriber } from './subscriber.js';
import { FUND, INTEGRATOR, OFFICE, type SubscriptionClient, subscribed, World, whenListed } from './world.js';

/** What a stream has brought. */
class Streamed {
  readonly deliveries: Delivery[] = [];
  readonly heartbeats: StreamHeartbeat[] = [];
  /** Undefined while it goes on. */
  ended: unknown;
  private readonly stopping = new AbortController();
  private resume = Promise.resolve();

  constructor(client: SubscriptionClient, request: StreamDeliveriesRequest) {
    void this.read(client, request);
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Takes nothing more until the function that it returns is called. */
  rest(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.resume = promise;
    return resolve;
  }

  private async read(client: SubscriptionClient, request: StreamDeliveriesRequest): Promise<void> {
    try {
      for await (const { item } of client.streamDeliveries(request, { signal: this.stopping.signal })) {
        if (item?.$case === 'delivery') this.deliveries.push(item.value);
        if (item?.$case === 'heartbeat') this.heartbeats.push(item.value);
        await this.resume;
      }
      this.ended = 'by the server';
    } catch (error) {
      this.ended = error;
    }
  }
}

describe('deliveries as a stream', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  const streams: Streamed[] = [];

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterEach(() => {
    for (const one of streams.splice(0)) one.stop();
  });
  afterAll(() => mesh.stop());

  const after = (subscriptionId: string, ...lanes: LaneSequence[]): StreamDeliveriesRequest => ({
    subscriptionId,
    from: { $case: 'after', value: { lanes } },
  });
  const stream = (request: StreamDeliveriesRequest, client = fund): Streamed => {
    const streamed = new Streamed(client, request);
    streams.push(streamed);
    return streamed;
  };
  const has = (streamed: Streamed, count: number) =>
    eventually(
      () => {
        if (streamed.deliveries.length < count && streamed.ended instanceof Error) throw streamed.ended;
        return streamed.deliveries.length;
      },
      (length) => length >= count,
    );
  const hasEnded = (streamed: Streamed) =>
    eventually(
      () => streamed.ended,
      (ended) => ended !== undefined,
    );
  const sequencesOf = ({ deliveries }: Streamed) => deliveries.map(({ sequence }) => Number(sequence));
  const refusalOfStream = async (request: StreamDeliveriesRequest, client = fund) =>
    refusalOf(
      (async () => {
        for await (const _ of client.streamDeliveries(request));
      })(),
    );
  /** A subscription with some deliveries that are on the topic. */
  const withDeliveries = async (count: number) => {
    const { subscriptionId } = await subscribed(fund);
    const person = world.person(FUND);
    await world.publish(...Array.from({ length: count }, () => world.mutation(person)));
    await reads.count(subscriptionId, count);
    return { subscriptionId, person };
  };

  it('brings what is on the topic, the same in each field, and then what comes', async () => {
    const { subscriptionId, person } = await withDeliveries(3);
    const streamed = stream(after(subscriptionId));
    await has(streamed, 3);
    await world.publish(world.mutation(person));
    await has(streamed, 4);
    expect(streamed.deliveries).toEqual(await reads.count(subscriptionId, 4));
    expect(streamed.ended).toBeUndefined();
  });

  it('goes on behind the numbers that the reader has, or from an instant', async () => {
    const { subscriptionId, person } = await withDeliveries(3);
    const behind = stream(after(subscriptionId, { lane: 0, sequence: 2n }));
    await has(behind, 1);
    const since = stream({ subscriptionId, from: { $case: 'time', value: new Date() } });
    await world.publish(world.mutation(person));
    await has(behind, 2);
    await has(since, 1);
    expect([sequencesOf(behind), sequencesOf(since)]).toEqual([[3, 4], [4]]);
  });

  it('ends behind the closing notice', async () => {
    const { subscriptionId } = await withDeliveries(1);
    const streamed = stream(after(subscriptionId));
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId });
    await hasEnded(streamed);
    expect(streamed.ended).toBe('by the server');
    expect(streamed.deliveries.map(({ content }) => content?.$case)).toEqual(['mutation', 'closing']);
  });

  it('holds nothing that may still be withheld: a paused subscription sends nothing', async () => {
    const { subscriptionId, person } = await withDeliveries(1);
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    await world.publish(world.mutation(person));
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 2n);
    const streamed = stream(after(subscriptionId));
    await eventually(
      () => streamed.heartbeats.length,
      (count) => count > 0,
    );
    expect(sequencesOf(streamed)).toEqual([1]);
    expect(streamed.heartbeats[0]?.lanes).toEqual([{ lane: 0, sequence: 1n }]);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId });
    await has(streamed, 2);
  });

  it('a reader that rests is sent no more than a window, and holds up no other', async () => {
    const { subscriptionId } = await subscribed(fund);
    const count = 600;
    const person = world.person(FUND);
    const large = { data: { name: { surname: 'x'.repeat(8_000) }, address: {} } };
    await world.publish(...Array.from({ length: count }, () => world.mutation(person, large)));
    await reads.count(subscriptionId, count);
    const [resting, other] = [stream(after(subscriptionId)), stream(after(subscriptionId))];
    const goOn = resting.rest();
    await has(other, count);
    expect(sequencesOf(other)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    // What the service has not read for it yet is deleted meanwhile.
    await world.asAdmin((client) =>
      client.query('delete from deliveries where subscription_id = $1', [subscriptionId]),
    );
    goOn();
    await hasEnded(resting);
    expect(resting.ended).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'DELIVERIES_GONE' });
    expect(sequencesOf(resting)).toEqual(resting.deliveries.map((_, n) => n + 1));
    expect(resting.deliveries.length).toBeLessThan(count / 2);
  });

  it('a person who was erased since is an empty entry', async () => {
    const { subscriptionId, person } = await withDeliveries(1);
    await world.publish(world.mutation(world.person(FUND)));
    await reads.count(subscriptionId, 2);
    const client = new pg.Client({ connectionString: mesh.databases.keys?.adminUrl });
    await client.connect();
    await client.query(
      `update subject_keys set wrapped_key = null, destroyed_at = now(), reason = 'UNLAWFUL' where person_id = $1`,
      [person.personId],
    );
    await client.end();
    // It remembers keys for a while.
    await running.stop();
    await running.launch();
    // The client's connection is the one to the process that was stopped, until it connects again.
    await eventually(() => fund.getSubscription({ subscriptionId }), Boolean);
    const streamed = stream(after(subscriptionId));
    await has(streamed, 2);
    expect(streamed.deliveries).toMatchObject([
      { sequence: 1n, content: undefined },
      { sequence: 2n, content: { $case: 'mutation' } },
    ]);
  });

  it('is for applications of the subscriber itself', async () => {
    const { subscriptionId } = await subscribed(fund);
    const request = after(subscriptionId);
    expect(await refusalOfStream(request, world.client(running, OFFICE))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
    expect(await refusalOfStream(request, world.client(running, INTEGRATOR))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'DELIVERIES_OF_SUBSCRIBER',
    });
  });

  it('what the topic no longer keeps is refused, and left to a replay', async () => {
    const { subscriptionId } = await withDeliveries(3);
    await world.asAdmin((client) =>
      client.query(
        `update deliveries set created_at = now() - interval '31 days' where subscription_id = $1 and sequence < 3`,
        [subscriptionId],
      ),
    );
    expect(await refusalOfStream(after(subscriptionId, { lane: 0, sequence: 1n }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'DELIVERIES_GONE',
      metadata: { lane: '0', firstSequence: '3' },
    });
    const streamed = stream(after(subscriptionId));
    await has(streamed, 1);
    expect(sequencesOf(streamed)).toEqual([3]);
  });

  it('lanes and numbers that do not exist are refused', async () => {
    const { subscriptionId } = await withDeliveries(1);
    const rule = async (...lanes: LaneSequence[]) => {
      const { metadata } = await refusalOfStream(after(subscriptionId, ...lanes));
      return `${metadata?.['field']} ${metadata?.['rule']}`;
    };
    expect(await rule({ lane: 1, sequence: 0n })).toBe('after.lanes[0].lane UNKNOWN_LANE');
    expect(await rule({ lane: 0, sequence: 2n })).toBe('after.lanes[0].sequence BEYOND_LAST');
    expect(await rule({ lane: 0, sequence: -1n })).toBe('after.lanes[0].sequence INVALID_SEQUENCE');
    expect(await rule({ lane: 0, sequence: 1n }, { lane: 0, sequence: 1n })).toBe('after.lanes[1].lane REPEATED');
    expect(await refusalOfStream({ subscriptionId, from: undefined })).toMatchObject({
      metadata: { field: 'from', rule: 'REQUIRED' },
    });
  });

  it('ends when the application loses its key', async () => {
    const office = world.client(running, OFFICE);
    const { subscriptionId } = await subscribed(office);
    const streamed = stream(after(subscriptionId), office);
    await world.publish(world.mutation(world.person(OFFICE)));
    await has(streamed, 1);
    mesh.policy.put({
      $case: 'application',
      value: { ...ALL_RIGHTS, enterpriseNumber: OFFICE, name: 'desk', spkiHashes: [] },
    });
    await hasEnded(streamed);
    expect(streamed.ended).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
  });
});
