import { Ask } from '@crossroads/contracts/access/v1/access_record';
import { newRequestId } from '@crossroads/grpc';
import { itOnKafka } from '@crossroads/testing/on-kafka';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { opens } from '@crossroads/transparency';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { journalOf } from './journal.js';
import type { Subscriber } from './subscriber.js';
import {
  CONTEXT,
  FUND,
  OFFICE,
  PERSON,
  type Person,
  PURPOSE,
  type SubscriptionClient,
  SURNAME,
  subscribed,
  WAGES,
  World,
  whenListed,
} from './world.js';

const onKafka = await itOnKafka();

describe('deliveries', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let office: SubscriptionClient;
  let fundReads: Subscriber;
  let officeReads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription', { bus: 'kafka' });
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    office = world.client(running, OFFICE);
    fundReads = await world.reads(FUND, (await subscribed(fund)).topic);
    officeReads = await world.reads(OFFICE, (await subscribed(office)).topic);
  });
  afterAll(() => mesh.stop());

  let ofFund: string;
  let ofOffice: string;
  beforeEach(async () => {
    [ofFund, ofOffice] = [(await subscribed(fund)).subscriptionId, (await subscribed(office)).subscriptionId];
  });

  /** A mutation of a person whom both have inscribed, once each has it. */
  const deliverOne = async (): Promise<Person> => {
    const person = world.person(FUND, OFFICE);
    await world.publish(world.mutation(person));
    await fundReads.count(ofFund, 1);
    await officeReads.count(ofOffice, 1);
    await eventually(
      () => Math.min(fundReads.rawOf(ofFund).length, officeReads.rawOf(ofOffice).length),
      (count) => count === 1,
    );
    return person;
  };

  it('a mutation goes to each entitled subscriber, cut to what it may see, with the reason of each cut', async () => {
    const person = world.person(FUND, OFFICE);
    const mutation = world.mutation(person, { effectiveDate: { year: 2026, month: 3, day: 0 } });
    await world.publish(mutation);
    await fundReads.count(ofFund, 1);
    await officeReads.count(ofOffice, 1);
    expect(fundReads.mutations(ofFund)).toMatchObject([
      {
        ssin: person.ssin,
        dataService: PERSON,
        sourceRevision: 1n,
        changedFieldGroups: ['name', 'address'],
        data: { name: { surname: SURNAME }, address: { city: 'Gent' } },
        filtered: [],
        effectiveDate: { year: 2026, month: 3, day: 0 },
      },
    ]);
    const [delivered] = officeReads.mutations(ofOffice);
    expect(delivered).toMatchObject({
      changedFieldGroups: ['address'],
      data: { address: { city: 'Gent' } },
      filtered: [{ path: 'name', fieldGroup: 'name', reason: 'NOT_GRANTED' }],
    });
    expect(JSON.stringify(delivered?.data)).not.toContain(SURNAME);
  });

  it('a delivery carries a receipt that opens to its ask', async () => {
    const { ssin } = await deliverOne();
    const [delivered] = fundReads.mutations(ofFund);
    if (!delivered) throw new Error('nothing was delivered');
    const { receipt, ask, askSalt } = delivered;
    expect(opens(receipt?.askCommitment ?? new Uint8Array(), 'ask', askSalt, ask)).toBe(true);
    expect(Ask.decode(ask)).toMatchObject({ party: FUND, customer: FUND, legalContext: PURPOSE, ssin });
    expect((await journalOf(mesh, running.port)).get(delivered.ticket)).toMatchObject({
      record: { inscription: { context: CONTEXT }, subscriptionId: ofFund },
    });
  });

  it('the key of a delivery is its subscriber’s own, and SSIN and name stand in the body only', async () => {
    const { ssin } = await deliverOne();
    const [mine, theirs] = [fundReads.rawOf(ofFund), officeReads.rawOf(ofOffice)];
    expect(mine[0]?.event.key).toHaveLength(22);
    expect(mine[0]?.event.key).not.toBe(theirs[0]?.event.key);
    for (const { event } of [...mine, ...theirs]) {
      const { data: _, ...outside } = event;
      expect(JSON.stringify(outside)).not.toContain(ssin);
      expect(JSON.stringify(outside)).not.toContain(SURNAME);
    }
  });

  it('nothing is delivered of a person who is not inscribed, nor when no changed field group is granted', async () => {
    const [ofFundOnly, known] = [world.person(FUND), world.person(OFFICE)];
    await world.publish(
      world.mutation(ofFundOnly),
      world.mutation(known, { changedFieldGroups: ['name'], data: { name: { surname: SURNAME } } }),
      world.mutation(known),
    );
    await officeReads.count(ofOffice, 1);
    expect(officeReads.mutations(ofOffice)).toMatchObject([{ ssin: known.ssin, sourceRevision: 2n }]);
    await fundReads.count(ofFund, 1);
    expect(fundReads.mutations(ofFund)).toMatchObject([{ ssin: ofFundOnly.ssin }]);
  });

  it('a subscription to the data service of another source gets the mutations of that source', async () => {
    const wages = await subscribed(fund, { dataService: WAGES });
    const person = world.person(FUND);
    await world.publish(
      world.mutation(person, {
        dataService: WAGES,
        changedFieldGroups: ['amount', 'name'],
        data: { amount: { euro: '1.00' }, name: { n: 'x' } },
      }),
    );
    await fundReads.count(wages.subscriptionId, 1);
    expect(fundReads.mutations(wages.subscriptionId)).toMatchObject([
      { dataService: WAGES, data: { name: { n: 'x' } }, filtered: [{ path: 'amount', reason: 'NOT_GRANTED' }] },
    ]);
  });

  it('deliveries wait while their subscription is paused, and are sent once it is resumed', async () => {
    await deliverOne();
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: ofFund });
    const person = world.person(FUND, OFFICE);
    await world.publish(world.mutation(person), world.mutation(person));
    await whenListed(fund, ofFund, ({ lastSequence }) => lastSequence === 3n);
    await officeReads.count(ofOffice, 3);
    expect(fundReads.of(ofFund)).toHaveLength(1);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: ofFund });
    const all = await fundReads.count(ofFund, 3);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
  });

  // The embedded log has no outside readers, and so no ACL.
  onKafka('a subscriber’s topic cannot be read with the certificate of another', async () => {
    const seen: unknown[] = [];
    for (const [reader, owner] of [
      [OFFICE, FUND],
      [FUND, OFFICE],
    ] as const) {
      const broker = await world.bus(reader);
      const onBatch = async (events: readonly unknown[]) => void seen.push(...events);
      const reading = broker.consume({ topic: `crossroads.deliveries.${owner}.v1`, group: `${reader}.thief`, onBatch });
      await expect(reading).rejects.toThrow(/not authorized/i);
    }
    expect(seen).toEqual([]);
  });
});
