import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { bareProduce } from './bench/bare-produce.js';
import { eventLoopOf, WITH_PROBE } from './bench/event-loop.js';
import { manySubscribers, peopleOf } from './bench/many-subscribers.js';
import { perUnit, processorTimes } from './bench/processor-times.js';
import { TimedSubscriber } from './bench/timed-subscriber.js';
import { FUND, subscribed, World } from './world.js';

/**
 * `node services/subscription/dist/test/deliveries.bench.js [kafka|embedded] [institutions] [rate]`: mutation to delivery at 500/s among
 * 3,000 subscriptions, of which each mutation concerns five; the event loop while 500 mutations meet them at once; and how many deliveries
 * a second when 5,000 mutations come at once. Progress on the error output, figures as JSON on the other.
 */
const [bus = 'kafka', institutions = '300', rate = '500'] = process.argv.slice(2);
/** By default as in the image; with `--cpu-prof` it profiles the service. */
const { SUBSCRIPTION_NODE_OPTIONS = '--max-semi-space-size=16 --heap-growing-percent=200' } = process.env;
const RATE = Number(rate);
const SECONDS = 10;
const IN_FLIGHT = 100;
const WARM = 2_000;
const AT_ONCE = 500;
const BURST = 5_000;
const PEOPLE = 2_000;
const SUBSCRIPTIONS = 3_000;
const INSCRIPTIONS = 5;
const LIMIT_MS = 120_000;

const say = (line: string) => void process.stderr.write(`${line}\n`);

const benchOn = async (mesh: TestMesh) => {
  const world = await World.create(mesh);
  const service = await mesh.startProcess({ nodeOptions: [...SUBSCRIPTION_NODE_OPTIONS.split(' '), WITH_PROBE] });
  const subscription = await subscribed(world.client(service, FUND));
  const wanted = { institutions: Number(institutions), subscriptions: SUBSCRIPTIONS };
  const people = peopleOf(world, await manySubscribers(mesh, world, service.port, wanted, say), PEOPLE, INSCRIPTIONS);
  const fund = await TimedSubscriber.of(await world.bus(FUND), subscription, mesh.receipts, (error) =>
    say(`the subscriber: ${String(error)}`),
  );

  let sent = 0;
  const nextMutation = () => world.mutation(people[sent++ % people.length] ?? world.person());
  const allDelivered = () =>
    eventually(
      () =>
        world.asAdmin(async (client) => {
          const { rows } = await client.query<{ made: number; sent: number }>(
            'select sum(last_sequence)::int as made, sum(relayed_sequence)::int as sent from subscription_lanes',
          );
          return rows[0];
        }),
      (sums) => sums?.made === sent * INSCRIPTIONS && sums.sent === sums.made,
      LIMIT_MS,
    );
  /** What `work` took of the processors and of the event loop. It resolves when all is delivered. */
  const measured = async (deliveries: number, work: () => Promise<unknown>) => {
    await eventLoopOf(service);
    const [before, began] = [processorTimes(service.pid), performance.now()];
    await work();
    await allDelivered();
    const ms = performance.now() - began;
    const cpuMsADelivery = perUnit(before, processorTimes(service.pid), deliveries);
    return { deliveries, ms, perSecond: deliveries / (ms / 1_000), cpuMsADelivery, loop: await eventLoopOf(service) };
  };
  /** Appends while the relay of the registry rests, then lets it go on. */
  const atOnce = async (count: number) => {
    await world.registry.pause();
    for (let left = count; left > 0; left -= 25)
      await Promise.all(Array.from({ length: Math.min(25, left) }, () => world.registry.append(nextMutation())));
    return measured(count * INSCRIPTIONS, async () => world.registry.resume());
  };
  const steadily = async () => {
    const began = performance.now();
    const writes: Promise<void>[] = [];
    for (let n = 0; n < RATE * SECONDS; n++) {
      const due = began + (n * 1_000) / RATE - performance.now();
      if (due > 1) await delay(due);
      // On a machine that is too slow it offers less, and says so.
      await writes[n - IN_FLIGHT];
      const next = nextMutation();
      fund.appending(next.mutation);
      writes.push(world.registry.append(next));
    }
    await Promise.all(writes);
    const seconds = (performance.now() - began) / 1_000;
    await eventually(
      () => fund.latencies.length,
      (count) => count >= RATE * SECONDS,
      LIMIT_MS,
    );
    return (RATE * SECONDS) / seconds;
  };

  say('warming up');
  await atOnce(WARM);
  say(`${RATE} mutations a second for ${SECONDS} s`);
  let appendedPerSecond = 0;
  const steady = await measured(RATE * SECONDS * INSCRIPTIONS, async () => {
    appendedPerSecond = await steadily();
  });
  say(`${AT_ONCE} mutations at once`);
  const meeting = await atOnce(AT_ONCE);
  say(`${BURST} mutations at once`);
  const burst = await atOnce(BURST);
  say('bare produce');
  const before = processorTimes(service.pid);
  const bare = await bareProduce(mesh.bus, subscription.topic, fund.sample, burst.deliveries);
  return {
    bus: mesh.bus.kind,
    subscriptions: SUBSCRIPTIONS,
    steady: {
      ...steady,
      offeredPerSecond: RATE,
      appendedPerSecond,
      p50Ms: fund.latencyMs(0.5),
      p99Ms: fund.latencyMs(0.99),
    },
    meeting: { ...meeting, mutations: AT_ONCE },
    burst,
    bare: { perSecond: bare, cpuMsAMessage: perUnit(before, processorTimes(service.pid), burst.deliveries) },
  };
};

const mesh = await TestMesh.start('subscription', { bus: bus === 'embedded' ? 'embedded' : 'kafka' });
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void mesh.stop().finally(() => process.exit(130)));
try {
  const rounding = (_: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value);
  process.stdout.write(`${JSON.stringify(await benchOn(mesh), rounding, 2)}\n`);
} catch (error) {
  say(error instanceof Error ? String(error.stack) : String(error));
  process.exitCode = 1;
} finally {
  await mesh.stop();
  process.exit();
}
