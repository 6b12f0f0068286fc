import type { Subscription } from '@crossroads/contracts/subscription/v1/subscription_service';
import { subscription as subscriptionService } from '@crossroads/topology';
import { IDENTIFICATION } from '../demo/deliberations.js';
import type { Participants } from './participants.js';
import { until, verify } from './checks.js';
import {
  deliveriesOf,
  deliveryOf,
  hasNoGap,
  lastSequence,
  newMove,
  openSubscription,
  registerMove,
} from './deliveries-step.js';
import { type SubscriberReader, startSubscriber } from './subscriber-reader.js';
import type { Tour } from './tour.js';

/** The subscribers after the move. */
export interface Moved {
  readonly fund: { readonly subscription: Subscription; readonly reader: SubscriberReader };
  /** Tickets of the two deliveries: both are accesses. */
  readonly tickets: readonly string[];
  close(): Promise<void>;
}

/** Registers one change. Each entitled subscriber receives it from Kafka, with the fields that it may see. */
export const move = async ({ mesh, network, output }: Tour, { subject }: Participants): Promise<Moved> => {
  output.step('A move: the municipality registers it once, and every entitled subscriber receives it');
  const [fund, office, pensions] = [
    network.as('health-fund'),
    network.as('employment-office'),
    network.as('pension-office'),
  ];
  const subscriptions = {
    fund: await openSubscription(fund, 'health-fund'),
    office: await openSubscription(office, 'employment-office'),
    pensions: await openSubscription(pensions, 'pension-office'),
  };
  const before = await lastSequence(pensions, subscriptions.pensions);
  const [fundReader, officeReader] = await Promise.all([
    startSubscriber(mesh, network, 'health-fund'),
    startSubscriber(mesh, network, 'employment-office'),
  ]);
  const close = async () => {
    await Promise.all([fundReader.close(), officeReader.close()]);
  };
  try {
    const to = newMove();
    const began = performance.now();
    const revision = await registerMove(network.as('municipality'), subject.ssin, to);
    const atFund = await deliveryOf(fundReader, subscriptions.fund, subject.ssin, revision);
    const took = Math.round(performance.now() - began);
    const atOffice = await deliveryOf(officeReader, subscriptions.office, subject.ssin, revision);

    const address: unknown = atFund.data?.['address'];
    verify(hasStreet(address, to.street), 'the health fund has the new street');
    output.verified(`the health fund received it on its topic after ${took} ms: ${JSON.stringify(address)}`);
    verify(!JSON.stringify(atOffice.data).includes(to.street), 'the employment office does not see the street');
    verify(JSON.stringify(atOffice.data).includes('Gent'), 'the employment office sees the municipality');
    const filtered = atOffice.filtered.map(({ path, reason }) => `${path} (${reason})`).join(', ');
    verify(filtered !== '', 'the delivery to the employment office lists the fields that were filtered');
    output.verified(
      `the employment office received fewer fields: ${JSON.stringify(atOffice.data)}; filtered: ${filtered}`,
    );
    verify((await lastSequence(pensions, subscriptions.pensions)) === before, 'the pension office received nothing');
    output.verified('the pension office also subscribes, but has no file on this person: it received nothing');
    verify(fundReader.faults.length + officeReader.faults.length === 0, 'receipts and sequence numbers are right');
    output.command(
      `change-address --as municipality --ssin ${subject.ssin} --street ${to.street} --house-number 7 --postal-code 9000 --municipality Gent`,
    );
    output.command('deliveries --as health-fund');
    return {
      fund: { subscription: subscriptions.fund, reader: fundReader },
      tickets: [atFund.ticket, atOffice.ticket],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

export const MOVES = 12;

/** Kills a service during twelve moves: no delivery is lost or repeated. */
export const killUnderLoad = async (
  { mesh, network, output }: Tour,
  { subject }: Participants,
  { fund }: Moved,
): Promise<void> => {
  output.step('kill -9: a service is killed while changes are registered');
  const { reader, subscription } = fund;
  const before = deliveriesOf(reader, subscription.subscriptionId, subject.ssin).length;
  const revisions: bigint[] = [];
  let restarted: Promise<void> | undefined;
  for (let n = 0; n < MOVES; n++) {
    if (n === MOVES / 3) restarted = mesh.kill(subscriptionService.name);
    revisions.push(await registerMove(network.as('municipality'), subject.ssin, newMove()));
  }
  await restarted;
  await until(
    'all moves on the health fund’s topic',
    () => deliveriesOf(reader, subscription.subscriptionId, subject.ssin).length >= before + MOVES || undefined,
    40_000,
  );
  const received = deliveriesOf(reader, subscription.subscriptionId, subject.ssin).slice(before);
  verify(
    received.length === MOVES && received.every(({ sourceRevision }, n) => sourceRevision === revisions[n]),
    'each move arrives once, in order',
  );
  verify(hasNoGap(reader.deliveries(subscription.subscriptionId)), 'sequence numbers have no gap');
  verify(reader.faults.length === 0, `no fault in the deliveries (${reader.faults.join('; ')})`);
  const last = await until('the subscription service to answer again', () =>
    lastSequence(network.as('health-fund'), subscription),
  );
  verify(
    last === reader.deliveries(subscription.subscriptionId).at(-1)?.sequence,
    'the last sequence number is that of the last delivery',
  );
  output.verified(
    `${MOVES} moves of ${IDENTIFICATION}, subscription was killed after the fourth and restarted: ${MOVES} deliveries, none lost, none repeated`,
  );
};

const hasStreet = (address: unknown, street: string): boolean =>
  typeof address === 'object' && address !== null && Reflect.get(address, 'street') === street;
