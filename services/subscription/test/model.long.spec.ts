import { randomInt } from 'node:crypto';
import { DeliveryContent } from '@crossroads/contracts/subscription/v1/subscription_service';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Subscriber } from './subscriber.js';
import { FUND, OFFICE, PERSON, type Person, subscribed, WAGES, World } from './world.js';

const CONTEXTS = ['CIN:AFFILIATED', 'CIN:INSURED'] as const;
const INSTITUTIONS = [FUND, OFFICE] as const;
const SERVICES = [PERSON, WAGES] as const;
const GROUPS = { [PERSON]: ['name', 'address', 'death'], [WAGES]: ['name', 'amount'] } as const;
const GRANTED = { [FUND]: ['name', 'address', 'amount'], [OFFICE]: ['address', 'amount'] };
const LANES = { [FUND]: 1, [OFFICE]: 4 };
const PEOPLE = 12;
const MUTATIONS = 150;
const KILLS = 3;

interface Terms {
  readonly institution: string;
  readonly context: string;
  readonly dataService: (typeof SERVICES)[number];
  readonly notification: boolean;
  /** Empty: all. */
  readonly fieldGroups: readonly string[];
  /** Of the people whom it names; absent: all whom the institution has inscribed. */
  readonly named: readonly number[] | undefined;
}
interface Change {
  readonly person: number;
  readonly dataService: (typeof SERVICES)[number];
  readonly groups: readonly string[];
}

const service = fc.constantFrom(...SERVICES);
const inscriptions = fc.subarray(INSTITUTIONS.flatMap((one) => CONTEXTS.map((context) => [one, context] as const)));
const terms = fc
  .tuple(fc.constantFrom(...INSTITUTIONS), fc.constantFrom(...CONTEXTS), service)
  .chain(([institution, context, dataService]) =>
    fc.record({
      institution: fc.constant(institution),
      context: fc.constant(context),
      dataService: fc.constant(dataService),
      notification: fc.boolean(),
      fieldGroups: fc.subarray(GROUPS[dataService].filter((group) => (GRANTED[institution] ?? []).includes(group))),
      named: fc.option(fc.uniqueArray(fc.nat(PEOPLE - 1), { minLength: 1 }), { nil: undefined }),
    }),
  );
const change = service.chain((dataService) =>
  fc.record({
    person: fc.nat(PEOPLE - 1),
    dataService: fc.constant(dataService),
    groups: fc.subarray([...GROUPS[dataService]], { minLength: 1 }),
  }),
);

/** What went in, and nothing else, is compared with what came out. */
describe('deliveries, by a model', () => {
  const seed = randomInt(2 ** 31 - 1);
  let mesh: TestMesh;
  let world: World;
  let processes: readonly ServiceProcess[];
  const reads = new Map<string, Subscriber>();

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    const grant = { inscriptionContexts: CONTEXTS };
    world.grant('fund', FUND, GRANTED[FUND] ?? [], { grant });
    world.grant('office', OFFICE, GRANTED[OFFICE] ?? [], { grant });
    processes = [await mesh.startProcess(), await mesh.startProcess()];
  });
  afterAll(() => mesh.stop());

  it('each accepted mutation reaches each entitled subscription once, in order, and nobody else, whatever is killed', async () => {
    const inscribed = fc.sample(inscriptions, { seed, numRuns: PEOPLE });
    const people = inscribed.map((where): Person => {
      const person = world.person();
      world.directory.put(person, where);
      return person;
    });
    const known = (person: number, { institution, context }: Pick<Terms, 'institution' | 'context'>) =>
      (inscribed[person] ?? []).some(([by, as]) => by === institution && as === context);

    const subscriptions: (Terms & { readonly id: string })[] = [];
    for (const one of fc.sample(terms, { seed, numRuns: 30 })) {
      const named = one.named?.filter((person) => known(person, one));
      if (named?.length === 0) continue;
      const [running] = processes;
      if (!running) throw new Error('no process');
      const { subscriptionId, topic } = await subscribed(world.client(running, one.institution), {
        inscriptionContext: one.context,
        dataService: one.dataService,
        lanes: LANES[one.institution] ?? 0,
        content: one.notification
          ? DeliveryContent.DELIVERY_CONTENT_NOTIFICATION
          : DeliveryContent.DELIVERY_CONTENT_DATA,
        fieldGroups: one.fieldGroups,
        ...(named
          ? { persons: { $case: 'named', value: { ssins: named.map((person) => people[person]?.ssin ?? '') } } }
          : {}),
      });
      subscriptions.push({ ...one, named, id: subscriptionId });
      if (!reads.has(one.institution)) reads.set(one.institution, await world.reads(one.institution, topic));
    }

    const changes: (Change & { readonly revision: bigint })[] = [];
    const publishing = (async () => {
      for (const one of fc.sample(change, { seed, numRuns: MUTATIONS })) {
        const person = people[one.person];
        if (!person) continue;
        const mutation = world.mutation(person, {
          dataService: one.dataService,
          changedFieldGroups: [...one.groups],
          data: Object.fromEntries(one.groups.map((group) => [group, { of: group }])),
        });
        changes.push({ ...one, revision: mutation.mutation.sourceRevision });
        await world.publish(mutation);
      }
    })();
    for (let n = 0; n < KILLS; n++) {
      const victim = processes[n % processes.length];
      await victim?.stop('SIGKILL');
      await victim?.launch();
    }
    await publishing;

    const tells = (
      { dataService, fieldGroups, institution }: Terms,
      { groups }: Pick<Change, 'groups'>,
    ): readonly string[] =>
      groups.filter(
        (group) =>
          (fieldGroups.length === 0 || fieldGroups.includes(group)) &&
          (GRANTED[institution] ?? []).includes(group) &&
          (GROUPS[dataService] as readonly string[]).includes(group),
      );
    for (const one of subscriptions) {
      const expected = changes.flatMap((made) => {
        const released = tells(one, made);
        const concerns = made.dataService === one.dataService && known(made.person, one);
        return concerns && (one.named?.includes(made.person) ?? true) && released.length > 0
          ? [told(one.notification, people[made.person]?.ssin, made.revision, released)]
          : [];
      });
      const reader = reads.get(one.institution);
      const came = (await reader?.count(one.id, expected.length)) ?? [];
      const label = `seed ${seed}: ${JSON.stringify(one)}`;
      expect([label, new Set(came.map(toldBy))]).toEqual([label, new Set(expected)]);
      expect(came).toHaveLength(expected.length);
      for (const [, lane] of Map.groupBy(came, (delivery) => delivery.lane))
        expect(lane.map(({ sequence }) => sequence)).toEqual(lane.map((_, index) => BigInt(index + 1)));
      for (const [, theirs] of Map.groupBy(came, ({ content }) => personIn(content)?.ssin)) {
        const revisions = theirs.map(({ content }) => personIn(content)?.sourceRevision ?? 0n);
        expect(revisions).toEqual([...revisions].sort((a, b) => Number(a - b)));
      }
      reader?.requireSound(one.id);
    }
    for (const [institution, reader] of reads) {
      const ids = new Set(subscriptions.flatMap((one) => (one.institution === institution ? one.id : [])));
      expect(reader.raw.filter(({ delivery }) => !ids.has(delivery.subscriptionId))).toEqual([]);
      expect(reader.faults).toEqual([]);
    }
  });
});

const personIn = (content: Delivery['content']) =>
  content?.$case === 'mutation' || content?.$case === 'notification' ? content.value : undefined;

const told = (isNotification: boolean, ssin: string | undefined, revision: bigint, groups: readonly string[]): string =>
  JSON.stringify([
    isNotification,
    ssin,
    String(revision),
    [...groups].sort(),
    isNotification ? [] : [...groups].sort(),
  ]);

/** With the groups that it says have changed, and those that it has data of. */
const toldBy = ({ content }: Delivery): string => {
  const value = personIn(content);
  const data = content?.$case === 'mutation' ? Object.keys(content.value.data ?? {}) : [];
  return JSON.stringify([
    content?.$case === 'notification',
    value?.ssin,
    String(value?.sourceRevision),
    [...(value?.changedFieldGroups ?? [])].sort(),
    data.sort(),
  ]);
};
