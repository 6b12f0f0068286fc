import type { Delivery, PersonSnapshot, SnapshotEnd } from '@crossroads/contracts/delivery/v1/delivery';
import { DeliveryContent, type SubscribeRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { AccessKind } from '@crossroads/contracts/access/v1/access_record';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { journalOf } from './journal.js';
import type { Subscriber } from './subscriber.js';
import {
  FUND,
  OFFICE,
  type Person,
  type SubscriptionClient,
  subscribed,
  SURNAME,
  partyOf,
  World,
  whenListed,
} from './world.js';

/** Each spec has persons of its own, in the next of them. */
const CONTEXTS = Array.from({ length: 20 }, (_, n) => `CIN:SPEC_${n}`);
/** Of a grant that a spec cuts. */
const CUT = 'CIN:SPEC_CUT';

describe('the snapshot of a subscription', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let context: string;
  const opened: string[] = [];

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    const grant = { inscriptionContexts: ['CIN:AFFILIATED', ...CONTEXTS] };
    world.grant('fund', FUND, ['name', 'address'], { grant });
    world.grant('office', OFFICE, ['address'], { grant });
    world.grant('cut', FUND, ['name', 'address'], { grant: { inscriptionContexts: [CUT] } });
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());

  const contexts = CONTEXTS.values();
  beforeEach(() => {
    context = contexts.next().value ?? '';
  });
  afterEach(async () => {
    world.source.isAway = false;
    world.source.beforeAnswer = async () => undefined;
    for (const subscriptionId of opened.splice(0)) {
      reads.requireSound(subscriptionId);
      await fund.closeSubscription({ requestId: newRequestId(), subscriptionId });
    }
    expect(reads.faults).toEqual([]);
  });

  /** Somebody whom the fund has inscribed in the context of this spec, and of whom the source has a first revision. */
  const somebody = (): Person => {
    const person = world.person();
    world.directory.put(person, [[FUND, context]]);
    return world.registered(person);
  };
  const open = async (more: Partial<SubscribeRequest> = {}): Promise<string> => {
    const { subscriptionId } = await subscribed(fund, { inscriptionContext: context, snapshot: true, ...more });
    opened.push(subscriptionId);
    return subscriptionId;
  };
  const endsOf = (id: string): SnapshotEnd[] =>
    reads.of(id).flatMap(({ content }) => (content?.$case === 'snapshotEnd' ? [content.value] : []));
  const personsOf = (id: string): PersonSnapshot[] =>
    reads.of(id).flatMap(({ content }) => (content?.$case === 'snapshot' ? [content.value] : []));
  const ended = async (id: string, lanes = 1): Promise<readonly PersonSnapshot[]> => {
    await eventually(
      () => endsOf(id).length,
      (count) => count === lanes,
    );
    return personsOf(id);
  };
  const told = ({ content }: Delivery) => {
    if (content?.$case === 'snapshot' || content?.$case === 'mutation')
      return [content.$case, content.value.ssin, content.value.sourceRevision];
    return [content?.$case];
  };
  const progressOf = async (subscriptionId: string) => (await fund.getSubscription({ subscriptionId })).snapshot;

  it('brings everybody who is inscribed once, with what is granted, recorded and with a receipt, then an end', async () => {
    const people = Array.from({ length: 70 }, somebody);
    const elsewhere = world.person(FUND);
    world.registered(elsewhere);
    const id = await open();
    const came = await ended(id);
    expect(came.map(({ ssin }) => ssin).sort()).toEqual(people.map(({ ssin }) => ssin).sort());
    for (const one of came)
      expect(one).toMatchObject({
        snapshotId: id,
        sourceRevision: 1n,
        fieldGroups: ['name', 'address'],
        data: { name: { surname: SURNAME }, address: { city: 'Gent', revision: '1' } },
      });
    expect(endsOf(id)).toMatchObject([{ snapshotId: id, delivered: 70n, withheld: 0n }]);
    expect(reads.of(id).at(-1)?.content?.$case).toBe('snapshotEnd');
    expect(await progressOf(id)).toMatchObject({ listed: true, delivered: 70n, outstanding: 0n, ended: true });
    const journal = await journalOf(mesh, running.port);
    const asked = new Map(world.source.asked.map((query) => [query.reference, query]));
    for (const { ticket, ssin } of came) {
      expect(journal.get(ticket)).toMatchObject({
        record: { kind: AccessKind.ACCESS_KIND_DELIVERY, subscriptionId: id, ssin, customer: FUND, party: FUND },
        outcomes: [{ releasedFieldGroups: ['name', 'address'], sourceRevision: 1n }],
      });
      // The question to the source is a release of its own.
      const parties = journal.get(ticket)?.parties ?? new Map<string, string>();
      expect([...parties.keys()].toSorted()).toEqual([FUND, partyOf('person.identification.v1')].toSorted());
      expect(asked.get(parties.get(partyOf('person.identification.v1')) ?? '')).toMatchObject({
        ssin,
        fieldGroups: ['name', 'address'],
        customer: FUND,
      });
    }
  });

  it('a change that the source has made before it answers is in the snapshot, and is not delivered behind it', async () => {
    const person = somebody();
    world.source.isAway = true;
    const id = await open();
    await world.publish(world.mutation(person), world.mutation(person));
    await eventually(
      () => progressOf(id),
      (progress) => progress?.waitingForSource === 1n,
    );
    expect(reads.of(id)).toEqual([]);
    world.source.isAway = false;
    await ended(id);
    await world.publish(world.mutation(person));
    await reads.count(id, 3);
    expect(reads.of(id).map(told)).toEqual([
      ['snapshot', person.ssin, 3n],
      ['snapshotEnd'],
      ['mutation', person.ssin, 4n],
    ]);
  });

  it('a change behind the answer of the source, but before it is noted, is not lost: the source is asked again', async () => {
    const person = somebody();
    const other = somebody();
    let id = '';
    let isFirst = true;
    world.source.beforeAnswer = async ({ ssin }) => {
      if (ssin !== person.ssin || !isFirst) return;
      isFirst = false;
      // It answers with revision 1, and the mutation arrives before the answer does.
      await world.publish(world.mutation(person));
      await eventually(
        () => heldOf(person),
        (held) => held === '2',
      );
    };
    const heldOf = ({ personId }: Person) =>
      world.asAdmin(async (client) => {
        const { rows } = await client.query<{ held: string }>(
          'select held from snapshot_persons where person_id = $1 order by held desc',
          [personId],
        );
        return rows[0]?.held;
      });
    id = await open();
    const came = await ended(id);
    expect(new Set(came.map(({ ssin, sourceRevision }) => `${ssin} ${sourceRevision}`))).toEqual(
      new Set([`${person.ssin} 2`, `${other.ssin} 1`]),
    );
    expect(reads.mutations(id)).toEqual([]);
    // Asked twice, recorded once.
    expect(
      new Set(world.source.asked.filter(({ ssin }) => ssin === person.ssin).map(({ reference }) => reference)).size,
    ).toBe(1);
  });

  it('brings the persons named, in lanes that end each for itself', async () => {
    const [first, second] = [somebody(), somebody()];
    somebody();
    const office = world.client(running, OFFICE);
    for (const person of [first, second]) world.directory.put(person, [[OFFICE, context]]);
    const { subscriptionId: id, topic } = await subscribed(office, {
      inscriptionContext: context,
      snapshot: true,
      lanes: 4,
      persons: { $case: 'named', value: { ssins: [first.ssin, second.ssin] } },
    });
    const own = await world.reads(OFFICE, topic);
    await eventually(() => own.of(id).filter(({ content }) => content?.$case === 'snapshotEnd').length === 4, Boolean);
    await Promise.all([first, second].map((person) => world.publish(world.mutation(person))));
    const all = await own.count(id, 8);
    for (const { ssin } of [first, second]) {
      const theirs = all.filter(
        ({ content }) =>
          (content?.$case === 'snapshot' || content?.$case === 'mutation') && content.value.ssin === ssin,
      );
      expect(theirs.map(told)).toEqual([
        ['snapshot', ssin, 1n],
        ['mutation', ssin, 2n],
      ]);
      expect(new Set(theirs.map(({ lane }) => lane)).size).toBe(1);
      expect(theirs.map(({ content }) => (content?.$case === 'snapshot' ? content.value.data : {}))[0]).toEqual({
        address: { city: 'Gent', revision: '1' },
      });
    }
    own.requireSound(id);
  });

  it('a subscription to notifications gets persons without data', async () => {
    const person = somebody();
    const id = await open({ content: DeliveryContent.DELIVERY_CONTENT_NOTIFICATION, fieldGroups: ['address'] });
    const came = await ended(id);
    expect(came).toMatchObject([{ ssin: person.ssin, sourceRevision: 1n, fieldGroups: ['address'], data: undefined }]);
    const journal = await journalOf(mesh, running.port);
    expect(journal.get(came[0]?.ticket ?? '')?.outcomes).toMatchObject([
      { releasedFieldGroups: [], reason: 'NOTIFICATION' },
    ]);
  });

  it('who is no longer inscribed, or unknown to the source, does not come, and is counted', async () => {
    const [here, gone, unknown] = [somebody(), somebody(), somebody()];
    world.source.isAway = true;
    const id = await open();
    await eventually(
      () => progressOf(id),
      (progress) => progress?.waitingForSource === 3n,
    );
    world.directory.put(gone, []);
    world.source.forget(unknown.ssin, 'person.identification.v1');
    world.source.isAway = false;
    expect((await ended(id)).map(({ ssin }) => ssin)).toEqual([here.ssin]);
    expect(endsOf(id)).toMatchObject([{ delivered: 1n, withheld: 2n }]);
    const reasons = [...(await journalOf(mesh, running.port)).values()].filter(
      ({ record }) => record?.subscriptionId === id,
    );
    expect(reasons.map(({ record, outcomes }) => [record?.ssin, outcomes[0]?.reason, outcomes.length])).toEqual(
      expect.arrayContaining([
        [gone.ssin, 'NOT_INSCRIBED', 1],
        [unknown.ssin, '', 1],
      ]),
    );
    expect(reasons).toHaveLength(3);
  });

  it('a person who is inscribed while it is taken comes with the first change', async () => {
    world.source.isAway = true;
    somebody();
    const id = await open();
    await eventually(
      () => progressOf(id),
      (progress) => progress?.waitingForSource === 1n,
    );
    const late = somebody();
    world.source.isAway = false;
    await ended(id);
    await world.publish(world.mutation(late));
    await reads.count(id, 3);
    expect(reads.of(id).map(told).at(-1)).toEqual(['mutation', late.ssin, 2n]);
  });

  it('two persons who are found to be one while it is taken come once, under the id that is left', async () => {
    const [one, other] = [somebody(), somebody()];
    world.source.isAway = true;
    const id = await open();
    await eventually(
      () => progressOf(id),
      (progress) => progress?.waitingForSource === 2n,
    );
    world.directory.numbers.delete(other.ssin);
    world.directory.put(one, [[FUND, context]], { mergedPersonIds: [other.personId] });
    await world.publish(world.mutation(one));
    world.source.isAway = false;
    await ended(id);
    await world.publish(world.mutation(one));
    await reads.count(id, 3);
    expect(reads.of(id).map(told)).toEqual([['snapshot', one.ssin, 2n], ['snapshotEnd'], ['mutation', one.ssin, 3n]]);
  });

  it('nothing comes while the subscription is paused, and all of it afterwards', async () => {
    const person = somebody();
    world.source.isAway = true;
    const id = await open();
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
    world.source.isAway = false;
    await eventually(
      () => progressOf(id),
      (progress) => progress?.ended === true,
    );
    expect(reads.of(id)).toEqual([]);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
    expect((await ended(id)).map(({ ssin }) => ssin)).toEqual([person.ssin]);
  });

  it('a subscription that is closed meanwhile gets its closing notice and nothing more, and what was begun is recorded', async () => {
    const person = somebody();
    world.source.isAway = true;
    const id = await open();
    await eventually(
      () => progressOf(id),
      (progress) => progress?.waitingForSource === 1n,
    );
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
    world.source.isAway = false;
    const entries = await eventually(
      async () =>
        [...(await journalOf(mesh, running.port)).values()].filter(({ record }) => record?.subscriptionId === id),
      (found) => found.length === 1,
    );
    expect(entries).toMatchObject([{ record: { ssin: person.ssin }, outcomes: [{ reason: 'SNAPSHOT_ABANDONED' }] }]);
    await reads.count(id, 1);
    expect(reads.of(id).map(told)).toEqual([['closing']]);
    expect(await progressOf(id)).toMatchObject({ ended: false, outstanding: 0n, delivered: 0n });
  });

  it('a grant that is cut while the source is asked is what counts', async () => {
    context = CUT;
    const person = somebody();
    const { subscriptionId: plain } = await subscribed(fund, { inscriptionContext: context });
    opened.push(plain);
    world.source.beforeAnswer = async () => {
      world.source.beforeAnswer = async () => undefined;
      world.grant('cut', FUND, ['address'], { grant: { inscriptionContexts: [CUT] } });
      // The service has followed the policy once it refuses this.
      const change = { subscriptionId: plain, content: 0, fieldGroups: ['name'], encoding: 0 };
      await eventually(
        () => refusalOf(fund.changeSubscription({ requestId: newRequestId(), ...change })).catch(() => undefined),
        (refusal) => refusal?.reason === 'FIELD_GROUPS_NOT_GRANTED',
      );
    };
    const id = await open();
    const came = await ended(id);
    expect(came).toMatchObject([{ ssin: person.ssin, fieldGroups: ['address'] }]);
    expect(Object.keys(came[0]?.data ?? {})).toEqual(['address']);
  });

  it('holds up neither other subscriptions nor the snapshot of another source while a source is away', async () => {
    const person = somebody();
    world.source.isAway = true;
    const id = await open();
    const { subscriptionId: plain } = await subscribed(fund, { inscriptionContext: context });
    opened.push(plain);
    await world.publish(world.mutation(person));
    await reads.count(plain, 1);
    expect(reads.of(id)).toEqual([]);
    world.source.isAway = false;
    await ended(id);
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === 2n);
  });
});
