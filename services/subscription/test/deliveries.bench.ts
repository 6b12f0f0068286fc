import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { CONTEXT, FUND, type Person, PERSON, PURPOSE, subscribed, toAll, World } from './world.js';

/**
 * `node services/subscription/dist/test/deliveries.bench.js [embedded] [institutions]`: mutation to delivery at 500/s among 3,000
 * subscriptions, of which each mutation concerns five; and how many deliveries a second when all come at once.
 */
const RATE = 500;
const SECONDS = 10;
const BURST = 5_000;
const PEOPLE = 2_000;
const SUBSCRIPTIONS = 3_000;
const INSCRIPTIONS = 5;
const INSTITUTIONS = Number(process.argv[3] ?? 300);

const say = (line: string) => process.stdout.write(`${line}\n`);
const mesh = await TestMesh.start('subscription', { bus: process.argv[2] === 'embedded' ? 'embedded' : 'kafka' });
const world = await World.create(mesh);
const running = await mesh.startProcess();
const fund = world.client(running, FUND);
const { subscriptionId, topic } = await subscribed(fund);
const reads = await world.reads(FUND, topic);

// The subscribers, each with several contexts.
const contexts = Array.from({ length: Math.ceil(SUBSCRIPTIONS / INSTITUTIONS) }, (_, n) => `17/${n + 1}`);
const others: string[] = [];
const run = FUND.slice(2, 6);
let reportedAt = performance.now();
for (let n = 0; n < INSTITUTIONS; n++) {
  const institution = withCbeCheck(`1${run}${String(n).padStart(3, '0')}`);
  const client = mesh.connect(SubscriptionServiceService, running.port, await mesh.register(institution));
  mesh.policy.put({
    $case: 'deliberation',
    value: {
      deliberationId: crypto.randomUUID(),
      reference: `26/${n}`,
      title: 'For the bench',
      recipient: institution,
      grants: [
        {
          dataService: PERSON,
          fieldGroups: ['name', 'address'],
          legalContexts: [PURPOSE],
          inscriptionContexts: contexts,
          validity: undefined,
          online: false,
          subscription: true,
        },
      ],
      state: DeliberationState.DELIBERATION_STATE_APPROVED,
      decideTime: new Date(),
      revokeTime: undefined,
    },
  });
  others.push(institution);
  const [inscriptionContext = CONTEXT] = contexts;
  await eventually(() => client.subscribe(toAll({ inscriptionContext })).catch(() => undefined), Boolean);
  if (performance.now() - reportedAt < 2_000) continue;
  reportedAt = performance.now();
  say(`${n + 1} subscribers`);
}
// The first subscription of each was opened by the rpc, which creates the topic; the others are copies.
await world.asAdmin(async (client) => {
  await client.query('begin');
  await client.query(
    `create temporary table copies on commit drop as
       select gen_random_uuid() as copy_id, context, s.* from subscriptions s, unnest($2::text[]) as context
       where inscription_context = $1`,
    [contexts[0], contexts.slice(1)],
  );
  await client.query(
    `insert into subscriptions (subscription_id, institution, inscription_context, data_service, legal_context, all_inscribed,
       named_persons, state, lane_count, content, field_groups, opened_at)
     select copy_id, institution, context, data_service, legal_context, all_inscribed, named_persons, state, lane_count, content,
       field_groups, opened_at from copies`,
  );
  await client.query(
    `insert into subscription_lanes (subscription_id, lane, institution, shard)
     select copy_id, lane, l.institution, shard from copies join subscription_lanes l using (subscription_id)`,
  );
  await client.query('commit');
});

const people = Array.from({ length: PEOPLE }, (_, n): Person => {
  const person = world.person();
  const inscribed = Array.from({ length: INSCRIPTIONS - 1 }, (_, k) => {
    const at = n * 7 + k * 61;
    return [others[at % others.length] ?? '', contexts[at % contexts.length] ?? ''] as const;
  });
  world.directory.put(person, [[FUND, CONTEXT], ...inscribed]);
  return person;
});
const person = (n: number) => people[n % people.length] ?? world.person();
const count = () => reads.of(subscriptionId).length;
const numbered = () =>
  world.asAdmin(async (client) => {
    const { rows } = await client.query<{ made: number; sent: number }>(
      'select sum(last_sequence)::int as made, sum(relayed_sequence)::int as sent from subscription_lanes',
    );
    return rows[0] ?? { made: 0, sent: 0 };
  });
/** Of the service, in milliseconds. */
const cpu = (): number => {
  const fields = readFileSync(`/proc/${running.pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
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
}, 20);
const cpuBefore = cpu();
const began = performance.now();
const writes: Promise<void>[] = [];
for (let n = 0; n < RATE * SECONDS; n++) {
  const due = began + (n * 1_000) / RATE - performance.now();
  if (due > 0) await delay(due);
  const mutation = world.mutation(person(n));
  appended.set(keyOf(mutation.mutation.ssin, mutation.mutation.sourceRevision), performance.now());
  writes.push(world.registry.append(mutation));
}
await Promise.all(writes);
await eventually(count, (all) => all === RATE * SECONDS, 120_000);
await eventually(numbered, ({ made, sent }) => made === sent && made === RATE * SECONDS * INSCRIPTIONS, 120_000);
await delay(100);
clearInterval(watch);
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(0);
say(
  `${mesh.bus.kind}, ${SUBSCRIPTIONS} subscriptions, ${RATE}/s, ${INSCRIPTIONS} deliveries each: mutation to delivery p50 ${at(0.5)} ms, ` +
    `p95 ${at(0.95)} ms, p99 ${at(0.99)} ms; ${((cpu() - cpuBefore) / (RATE * SECONDS * INSCRIPTIONS)).toFixed(2)} CPU-ms a delivery`,
);

await world.registry.pause();
for (let from = 0; from < BURST; from += 25)
  await Promise.all(Array.from({ length: 25 }, (_, n) => world.registry.append(world.mutation(person(from + n)))));
const cpuAtBurst = cpu();
const start = performance.now();
world.registry.resume();
const all = (RATE * SECONDS + BURST) * INSCRIPTIONS;
await eventually(numbered, ({ sent }) => sent === all, 120_000);
const deliveries = BURST * INSCRIPTIONS;
const rate = deliveries / ((performance.now() - start) / 1_000);
say(
  `${mesh.bus.kind}, ${deliveries} at once: ${Math.round(rate)} deliveries/s, ${((cpu() - cpuAtBurst) / deliveries).toFixed(2)} CPU-ms each`,
);

// The same number of messages, of the same size, to the same topic, by kafkajs alone.
const sample = reads
  .rawOf(subscriptionId)
  .slice(0, 500)
  .map(({ event }) => event);
const bare = performance.now();
for (let from = 0; from < deliveries; from += sample.length) await mesh.bus.broker.publish(topic, sample);
const bareRate = deliveries / ((performance.now() - bare) / 1_000);
say(
  `${mesh.bus.kind}, bare produce, 500 at a time: ${Math.round(bareRate)}/s; deliveries are ${(rate / bareRate).toFixed(2)} of it`,
);
await running.stop();
await mesh.stop();
process.exit(0);
