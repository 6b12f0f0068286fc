import { Ask } from '@crossroads/contracts/access/v1/access_record';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { Broker, CloudEvent, Consumption } from '@crossroads/messaging';
import { type AcceptedReceipts, opens, receiptVerifier } from '@crossroads/transparency';

export interface SubscriberOptions {
  /** See `openBroker`: Kafka with the application's certificate. */
  readonly broker: Pick<Broker, 'consume'>;
  /** The institution's own topic, as `Subscribe` answered it. */
  readonly topic: string;
  /** Begins with the enterprise number, as the ACL demands. */
  readonly group: string;
  /** Whose receipts are believed, for which access log; absent: not checked, which the access log cannot make up for. */
  readonly receipts?: AcceptedReceipts;
  /** The last sequence of a subscription and lane that was handled, kept with what `onDelivery` did; nothing before the first. */
  readonly lastSequence: (subscriptionId: string, lane: number) => Promise<bigint | undefined> | bigint | undefined;
  /** Each delivery once, in order for each subscription and lane. When it throws, it comes again. */
  readonly onDelivery: (delivery: Delivery) => Promise<void> | void;
  /**
   * Numbers are missing: the topic no longer has them, or the store of `lastSequence` was restored to an earlier state. Ask for them here
   * (`ReplayDeliveries`, from `from`): they come again under new numbers, and reading goes on. Those that are too old are replaced by
   * a snapshot of everybody, which comes by itself behind a `resync`. Absent: reading stops.
   */
  readonly onGap?: (gap: SequenceGap) => Promise<void> | void;
  readonly onError?: (error: unknown, attempt: number) => void;
}

export interface SequenceGap {
  readonly subscriptionId: string;
  readonly lane: number;
  /** The first number that is missing. */
  readonly from: bigint;
  /** The last one. */
  readonly to: bigint;
}

/** Something is wrong with a delivery, not with its reader: reading stops here and says so, again and again. */
export class BadDelivery extends Error {
  override readonly name = 'BadDelivery';

  constructor(
    readonly reason: 'SEQUENCE_GAP' | 'RECEIPT' | 'VERSION',
    message: string,
  ) {
    super(message);
  }
}

/** Reads one's deliveries: repeated ones are dropped by their number, and a missing one is noticed. */
export const readDeliveries = (options: SubscriberOptions): Promise<Consumption> => {
  const { broker, topic, group, onError } = options;
  return broker.consume({
    topic,
    group,
    ...(onError ? { onError } : {}),
    onBatch: async (events, signal) => {
      for (const event of events) {
        signal.throwIfAborted();
        await take(event, options);
      }
    },
  });
};

/** The delivery in a message of the topic, in either encoding. @throws when it is not one */
export const deliveryOf = ({ contentType, data }: Pick<CloudEvent, 'contentType' | 'data'>): Delivery =>
  contentType === 'application/json'
    ? Delivery.fromJSON(JSON.parse(Buffer.from(data).toString('utf8')))
    : Delivery.decode(data);

const take = async (event: CloudEvent, options: SubscriberOptions): Promise<void> => {
  const { lastSequence, onDelivery, onGap, receipts } = options;
  const delivery = deliveryOf(event);
  if (delivery.deliveryVersion !== 1)
    throw new BadDelivery('VERSION', 'a delivery of a later version: update this library');
  const last = await lastSequence(delivery.subscriptionId, delivery.lane);
  if (last !== undefined && delivery.sequence <= last) return;
  if (last !== undefined && delivery.sequence !== last + 1n) {
    const { subscriptionId, lane } = delivery;
    if (!onGap) throw gapOf(delivery, last);
    await onGap({ subscriptionId, lane, from: last + 1n, to: delivery.sequence - 1n });
  }
  if (receipts) requireReceipt(delivery, receipts);
  await onDelivery(delivery);
};

const gapOf = ({ subscriptionId, lane }: Delivery, last: bigint) =>
  new BadDelivery('SEQUENCE_GAP', `delivery ${last + 1n} of subscription ${subscriptionId}, lane ${lane} is missing`);

/** A delivery is an access: its receipt promises that the person sees it. */
const requireReceipt = ({ content }: Delivery, { keys, origin }: AcceptedReceipts): void => {
  if (content?.$case !== 'mutation' && content?.$case !== 'notification' && content?.$case !== 'snapshot') return;
  const { receipt, ask, askSalt, ssin, dataService } = content.value;
  // Of any age: a delivery is read when its subscriber comes to it.
  const fault = receiptVerifier(keys)(receipt, { use: 'delivery', origin });
  if (fault || !receipt) throw new BadDelivery('RECEIPT', `the receipt of a delivery is not to be believed: ${fault}`);
  if (!opens(receipt.askCommitment, 'ask', askSalt, ask))
    throw new BadDelivery('RECEIPT', 'the receipt of a delivery is for another ask');
  const named = Ask.decode(ask);
  if (named.ssin !== ssin || named.dataService !== dataService)
    throw new BadDelivery('RECEIPT', 'the ask of a delivery names another person or data service');
};
