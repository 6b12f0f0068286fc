import { randomInt } from 'node:crypto';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { journalOf } from './journal.js';
import { FUND, OFFICE, PERSON, type Person, subscribed, type SubscriptionClient, World, whenListed } from './world.js';
import type { Subscriber } from './subscriber.js';

const PEOPLE = 400;
const MUTATIONS = 1_500;
const KILLS = 6;
const LANES = 4;

/** A copy that a subscriber makes by the documented rules must be the source's, without what the numbers let it think it missed. */
describe('snapshots, by a model', () => {
  const seed = randomInt(2 ** 31 - 1);
  let mesh: TestMesh;
  let world: World;
  let processes: readonly ServiceProcess[];
  let office: SubscriptionClient;
  let reads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    world.grant('office', OFFICE, ['name', 'address']);
    processes = [await mesh.startProcess(), await mesh.startProcess()];
    office = client();
    reads = await world.reads(OFFICE, (await subscribed(office, { lanes: LANES })).topic);
  });
  afterAll(() => mesh.stop());

  const client = (institution = OFFICE) => {
    const [running] = processes;
    if (!running) throw new Error('no process');
    return world.client(running, institution);
  };

  const personIn = ({ content }: Delivery) =>
    content?.$case === 'snapshot' || content?.$case === 'mutation' ? content.value : undefined;

  /** Once everything has come: each person once, and each later revision once, in order, up to the last one; nobody else. */
  const requireJoined = async (id: string, people: readonly Person[], last: (person: Person) => bigint) => {
    await eventually(
      () => reads.of(id).filter(({ content }) => content?.$case === 'snapshotEnd').length,
      (ends) => ends === LANES,
    );
    const wanted = new Set(people.map((person) => `${person.ssin} ${last(person)}`));
    await eventually(
      () => {
        const came = new Map(reads.of(id).flatMap((one) => (personIn(one) ? [[personIn(one)?.ssin, one]] : [])));
        return [...came].filter(([ssin, one]) => !wanted.has(`${ssin} ${personIn(one)?.sourceRevision}`)).length;
      },
      (behind) => behind === 0,
    );
    const all = reads.of(id);
    for (const person of people) {
      const own = all.filter((one) => personIn(one)?.ssin === person.ssin);
      const label = `seed ${seed}, person ${people.indexOf(person)}`;
      expect([label, own.map(({ content }) => content?.$case)]).toEqual([
        label,
        ['snapshot', ...own.slice(1).map(() => 'mutation')],
      ]);
      const first = personIn(own[0] as Delivery)?.sourceRevision ?? 0n;
      expect([label, own.map((one) => personIn(one)?.sourceRevision)]).toEqual([
        label,
        own.map((_, index) => first + BigInt(index)),
      ]);
      expect([label, personIn(own.at(-1) as Delivery)?.sourceRevision]).toEqual([label, last(person)]);
      expect(new Set(own.map(({ lane }) => lane)).size).toBe(1);
    }
    expect(new Set(all.flatMap((one) => personIn(one)?.ssin ?? []))).toEqual(new Set(people.map(({ ssin }) => ssin)));
    reads.requireSound(id);
    expect(reads.faults).toEqual([]);
  };

  it('each person comes once and each later change once, in order, whatever changes and is killed meanwhile', async () => {
    const people = Array.from({ length: PEOPLE }, () => world.person(OFFICE));
    const last = new Map<string, bigint>();
    const queues = new Map<string, Promise<void>>();
    /** Of one person one behind the other. */
    const change = (person: Person): Promise<void> => {
      const published = (queues.get(person.ssin) ?? Promise.resolve()).then(async () => {
        const mutation = world.mutation(person);
        last.set(person.ssin, mutation.mutation.sourceRevision);
        await world.publish(mutation);
      });
      queues.set(person.ssin, published);
      return published;
    };
    for (const person of people) {
      world.registered(person);
      last.set(person.ssin, 1n);
    }
    const all = (await subscribed(office, { snapshot: true })).subscriptionId;
    const named = people.slice(0, 150);
    const some = (
      await subscribed(office, {
        snapshot: true,
        persons: { $case: 'named', value: { ssins: named.map(({ ssin }) => ssin) } },
      })
    ).subscriptionId;
    let isDone = false;
    const publishing = (async () => {
      for (const index of fc.sample(fc.nat(PEOPLE - 1), { seed, numRuns: MUTATIONS })) {
        const person = people[index];
        if (person) await change(person);
      }
    })().finally(() => {
      isDone = true;
    });
    // Answers that are older than what arrives meanwhile.
    world.source.beforeAnswer = async ({ ssin }) => {
      const person = people.find((one) => one.ssin === ssin);
      if (person && !isDone && Number(ssin) % 5 === 0) await change(person);
    };
    for (let n = 0; n < KILLS; n++) {
      const before = reads.of(all).length;
      await eventually(
        () => reads.of(all).length,
        (count) => count > before || isDone,
      );
      world.source.isAway = n % 3 === 2;
      const victim = processes[n % processes.length];
      await victim?.stop('SIGKILL');
      world.source.isAway = false;
      await victim?.launch();
    }
    await publishing;
    await Promise.all(queues.values());
    await requireJoined(all, people, ({ ssin }) => last.get(ssin) ?? 0n);
    await requireJoined(some, named, ({ ssin }) => last.get(ssin) ?? 0n);
    expect((await client().getSubscription({ subscriptionId: all })).snapshot).toMatchObject({
      ended: true,
      listed: true,
      delivered: BigInt(PEOPLE),
      withheld: 0n,
      outstanding: 0n,
    });
    // Everything that a source saw a receipt of is in the journal, with one outcome.
    const [running] = processes;
    const journal = await journalOf(mesh, running?.port ?? 0);
    const entries = new Map(
      [...journal.values()].flatMap((entry) => [...entry.parties.values()].map((of) => [of, entry])),
    );
    for (const reference of new Set(world.source.asked.map((query) => query.reference)))
      expect([reference, entries.get(reference)?.outcomes.length]).toEqual([reference, 1]);
    world.source.beforeAnswer = async () => undefined;
  });

  it('who was away for longer than deliveries are kept gets a snapshot of everybody, without asking for it', async () => {
    const fund = client(FUND);
    const { subscriptionId: id, topic } = await subscribed(fund);
    const own = await world.reads(FUND, topic);
    const people = Array.from({ length: 5 }, () => world.person(FUND));
    for (const person of people) await world.publish(world.mutation(person));
    await own.count(id, 5);
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.sentSequence === 5n);
    await world.asAdmin((admin) =>
      admin.query(
        `update deliveries set created_at = created_at - interval '40 days' where subscription_id = $1 and sequence <= 4`,
        [id],
      ),
    );
    for (const running of processes) {
      await running.stop();
      await running.launch();
    }
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.firstSequence === 5n);
    const { replay } = await fund.replayDeliveries({
      requestId: newRequestId(),
      subscriptionId: id,
      from: { $case: 'sequences', value: { lanes: [{ lane: 0, sequence: 1n }] } },
    });
    const has = (kind: string) => own.of(id).some(({ content }) => content?.$case === kind);
    await eventually(() => has('snapshotEnd') && has('replayEnd'), Boolean);
    const behind = own.of(id).slice(5);
    expect(behind[0]?.content).toMatchObject({ $case: 'resync', value: { replayId: replay?.replayId } });
    const snapshots = behind.flatMap(({ content }) => (content?.$case === 'snapshot' ? [content.value] : []));
    expect(snapshots.map(({ ssin }) => ssin).sort()).toEqual(people.map(({ ssin }) => ssin).sort());
    expect(new Set(snapshots.map(({ snapshotId }) => snapshotId))).toEqual(new Set([replay?.replayId]));
    for (const person of people) await world.publish(world.mutation(person, { dataService: PERSON }));
    await own.count(id, 5 + behind.length + 5);
    own.requireSound(id);
    expect(own.faults).toEqual([]);
  });
});
