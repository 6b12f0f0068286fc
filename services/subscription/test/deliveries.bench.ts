import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { FUND, subscribed, World } from './world.js';

const RATE = 200;
const SECONDS = 10;
const BURST = 5_000;

/** `node services/subscription/dist/test/deliveries.bench.js [embedded]`: mutation to delivery at 200/s, and how many when they are many. */
const mesh = await TestMesh.start('subscription', { bus: process.argv[2] === 'embedded' ? 'embedded' : 'kafka' });
const world = await World.create(mesh);
const running = await mesh.startProcess();
const fund = world.client(running, FUND);
const { subscriptionId, topic } = await subscribed(fund);
const reads = await world.reads(FUND, topic);
const people = Array.from({ length: 500 }, () => world.person(FUND));
const count = () => reads.of(subscriptionId).length;
const person = (n: number) => {
  const one = people[n % people.length];
  if (!one) throw new Error('nobody');
  return one;
};

const appended = new Map<string, number>();
const latencies: number[] = [];
const keyOf = (ssin: string, revision: bigint) => `${ssin}/${revision}`;
let seen = 0;
const watch = setInterval(() => {
  const all = reads.mutations(subscriptionId);
  for (; seen < all.length; seen++) {
    const one = all[seen];
    const start = one && appended.get(keyOf(one.ssin, one.sourceRevision));
    if (start !== undefined) latencies.push(performance.now() - start);
  }
}, 5);
const began = performance.now();
const writes: Promise<void>[] = [];
for (let n = 0; n < RATE * SECONDS; n++) {
  await delay(Math.max(0, began + (n * 1_000) / RATE - performance.now()));
  const mutation = world.mutation(person(n));
  appended.set(keyOf(mutation.mutation.ssin, mutation.mutation.sourceRevision), performance.now());
  writes.push(world.registry.append(mutation));
}
await Promise.all(writes);
await eventually(count, (all) => all === RATE * SECONDS, 120_000);
await eventually(
  () => latencies.length,
  (all) => all === RATE * SECONDS,
);
clearInterval(watch);
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(0);
process.stdout.write(
  `${mesh.bus.kind}, ${RATE}/s: mutation to delivery p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms\n`,
);

await world.registry.pause();
for (let from = 0; from < BURST; from += 25)
  await Promise.all(Array.from({ length: 25 }, (_, n) => world.registry.append(world.mutation(person(from + n)))));
const start = performance.now();
world.registry.resume();
await eventually(count, (all) => all === RATE * SECONDS + BURST, 120_000);
process.stdout.write(
  `${mesh.bus.kind}, ${BURST} at once: ${Math.round(BURST / ((performance.now() - start) / 1000))} deliveries/s\n`,
);
await running.stop();
await mesh.stop();
process.exit(0);
