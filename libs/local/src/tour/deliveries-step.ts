import type { Institution } from '@crossroads/client';
import type { DeliveredMutation, Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { Fact } from '@crossroads/contracts/person/v1/person';
import {
  type Subscription,
  SubscriptionState,
  SubscribeRequest,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { datePartsOf, dayOf } from '@crossroads/identifiers';
import { IDENTIFICATION, PURPOSES, type Recipient } from '../demo/deliberations.js';
import { until, verify } from './checks.js';
import type { SubscriberReader } from './subscriber-reader.js';

/** The recipient's open subscription to everybody it has inscribed, or a new one. */
export const openSubscription = async (
  { subscriptions }: Pick<Institution, 'subscriptions'>,
  recipient: Recipient,
): Promise<Subscription> => {
  const page = await subscriptions.listSubscriptions({ institution: '', pageSize: 1_000, pageToken: '' });
  const open = page.subscriptions.find(({ state }) => state === SubscriptionState.SUBSCRIPTION_STATE_OPEN);
  if (open) return open;
  const { subscription } = await subscriptions.subscribe(
    SubscribeRequest.fromPartial({
      requestId: newRequestId(),
      institution: '',
      inscriptionContext: PURPOSES[recipient].inscriptionContext,
      dataService: IDENTIFICATION,
      legalContext: PURPOSES[recipient].legalContext,
      persons: { $case: 'allInscribed', value: {} },
    }),
  );
  verify(subscription !== undefined, `a subscription for ${recipient}`);
  return subscription;
};

export interface Move {
  readonly street: string;
  readonly houseNumber: string;
}

/** A move of today, to a house number that differs from run to run. */
export const newMove = (): Move => ({ street: 'Kruispuntstraat', houseNumber: String(1 + (Date.now() % 1_000_000)) });

/** Registers a change of address as the municipality. Resolves to the revision of the person's identification. */
export const registerMove = async (
  { registry }: Pick<Institution, 'registry'>,
  ssin: string,
  { street, houseNumber }: Move,
): Promise<bigint> => {
  const town = { postalCode: '9000', municipalityCode: '44021', municipality: 'Gent', countryCode: 'BEL' };
  const fact = Fact.fromPartial({
    period: { startDate: datePartsOf(dayOf(new Date())) },
    fact: { $case: 'address', value: { street, houseNumber, ...town } },
  });
  const { sourceRevision } = await registry.changePerson({
    requestId: newRequestId(),
    ssin,
    facts: [fact],
    expectedSourceRevision: 0n,
  });
  return sourceRevision;
};

/** The delivery of one revision to one subscriber. */
export const deliveryOf = (
  reader: SubscriberReader,
  { subscriptionId }: Pick<Subscription, 'subscriptionId'>,
  ssin: string,
  sourceRevision: bigint,
  timeoutMs?: number,
): Promise<DeliveredMutation> =>
  until(
    `revision ${sourceRevision} on the subscriber's topic`,
    () => deliveriesOf(reader, subscriptionId, ssin).find((mutation) => mutation.sourceRevision === sourceRevision),
    timeoutMs,
  );

/** The deliveries about a person to a subscriber, in order. */
export const deliveriesOf = (reader: SubscriberReader, subscriptionId: string, ssin: string): DeliveredMutation[] =>
  reader
    .deliveries(subscriptionId)
    .flatMap(({ content }) => (content?.$case === 'mutation' && content.value.ssin === ssin ? [content.value] : []));

/** The last sequence number of a subscription. */
export const lastSequence = async (
  { subscriptions }: Pick<Institution, 'subscriptions'>,
  { subscriptionId }: Pick<Subscription, 'subscriptionId'>,
): Promise<bigint> => {
  const page = await subscriptions.listSubscriptions({ institution: '', pageSize: 1_000, pageToken: '' });
  const found = page.subscriptions.find((one) => one.subscriptionId === subscriptionId);
  verify(found !== undefined, 'the subscription is listed');
  return found.lastSequence;
};

/** Whether the sequence numbers have no gap. */
export const hasNoGap = (deliveries: readonly Delivery[]): boolean =>
  deliveries.every(({ sequence }, index) => sequence === (deliveries[0]?.sequence ?? 0n) + BigInt(index));
