import { AccessRecord } from '@crossroads/contracts/access/v1/access_record';
import { newRequestId } from '@crossroads/grpc';
import { itOnKafka } from '@crossroads/testing/on-kafka';
import { opens } from '@crossroads/transparency';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningSubscription, type SubscriptionClient, TestMesh } from './mesh.js';
import { Subscriber } from './subscriber.js';
import { CONTEXT, FUND, OFFICE, PERSON, PURPOSE, SURNAME, subscribed, WAGES, World, whenListed } from './world.js';

const onKafka = await itOnKafka();

describe('deliveries', () => {
  let mesh: TestMesh;
  let world: World;
  let running: RunningSubscription;
  let fund: SubscriptionClient;
  let office: SubscriptionClient;
  let fundReads: Subscriber;
  let officeReads: Subscriber;
  let ofFund: string;
  let ofOffice: string;

  const reads = async (institution: string, topic: string) =>
    Subscriber.of(
      await mesh.busOf(institution, world.certificate(institution)),
      topic,
      `${institution}.spec`,
      mesh.receiptKeys,
    );

  beforeAll(async () => {
    mesh = await TestMesh.start('kafka');
    world = await World.create(mesh);
    running = await mesh.run(world.certificate(FUND));
    fund = mesh.client(running.port, world.certificate(FUND));
    office = mesh.client(running.port, world.certificate(OFFICE));
    const [one, other] = [await subscribed(fund), await subscribed(office)];
    [ofFund, ofOffice] = [one.subscriptionId, other.subscriptionId];
    fundReads = await reads(FUND, one.topic);
    officeReads = await reads(OFFICE, other.topic);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  it('go to everybody entitled, cut to what each may see, with the reason of each cut', async () => {
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

  it('carry a receipt that opens to their access record', async () => {
    const [delivered] = fundReads.mutations(ofFund);
    if (!delivered) throw new Error('nothing was delivered');
    const { receipt, record, recordSalt } = delivered;
    expect(opens(receipt?.commitment ?? new Uint8Array(), recordSalt, record)).toBe(true);
    expect(AccessRecord.decode(record)).toMatchObject({
      customer: FUND,
      ticket: delivered.ticket,
      legalContext: PURPOSE,
      inscriptionContext: CONTEXT,
      ssins: [delivered.ssin],
      subscriptionId: ofFund,
    });
  });

  it('have a key of this subscriber’s own, and an SSIN in the body only', () => {
    const [mine, theirs] = [fundReads.raw[0], officeReads.raw[0]];
    const { ssin } = fundReads.mutations(ofFund)[0] ?? { ssin: 'none' };
    expect(mine?.event.key).toHaveLength(22);
    expect(mine?.event.key).not.toBe(theirs?.event.key);
    for (const { event } of [...fundReads.raw, ...officeReads.raw]) {
      const { data: _, ...outside } = event;
      expect(JSON.stringify(outside)).not.toContain(ssin);
      expect(JSON.stringify(outside)).not.toContain(SURNAME);
    }
  });

  it('do not come of who is not inscribed, nor when none of the changed groups is granted', async () => {
    const [unknown, known] = [world.person(FUND), world.person(OFFICE)];
    await world.publish(
      world.mutation(unknown),
      world.mutation(known, { changedFieldGroups: ['name'], data: { name: { surname: SURNAME } } }),
      world.mutation(known),
    );
    await officeReads.count(ofOffice, 2);
    expect(officeReads.mutations(ofOffice).at(-1)).toMatchObject({ ssin: known.ssin, sourceRevision: 2n });
    await fundReads.count(ofFund, 2);
  });

  it('come of other sources, too, under a subscription to their data service', async () => {
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

  it('are held back while paused, and let go again', async () => {
    const before = fundReads.of(ofFund).length;
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: ofFund });
    const person = world.person(FUND, OFFICE);
    await world.publish(world.mutation(person), world.mutation(person));
    await whenListed(fund, ofFund, ({ lastSequence }) => lastSequence === BigInt(before + 2));
    await officeReads.count(ofOffice, 4);
    expect(fundReads.of(ofFund)).toHaveLength(before);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: ofFund });
    const all = await fundReads.count(ofFund, before + 2);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => BigInt(index + 1)));
  });

  // The embedded log has no outside readers, and so no ACL.
  onKafka('are read by their subscriber’s certificate, and by no other', async () => {
    const seen: unknown[] = [];
    for (const [reader, owner] of [
      [OFFICE, FUND],
      [FUND, OFFICE],
    ] as const) {
      const broker = await mesh.busOf(reader, world.certificate(reader));
      const onBatch = async (events: readonly unknown[]) => void seen.push(...events);
      const reading = broker.consume({ topic: `crossroads.deliveries.${owner}.v1`, group: `${reader}.thief`, onBatch });
      await expect(reading).rejects.toThrow(/not authorized/i);
    }
    expect(seen).toEqual([]);
  });
});
