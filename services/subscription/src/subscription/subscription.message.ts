import {
  DeliveryContent,
  DeliveryEncoding,
  type Lane,
  type ParkedMutation,
  type Subscription,
  SubscriptionState,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import type { ParkedMessage } from '@crossroads/messaging';
import { deliveriesTopic } from './subscriber-topics.js';
import type { SubscriptionEntity } from './subscription.entity.js';

const states = {
  open: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
  paused: SubscriptionState.SUBSCRIPTION_STATE_PAUSED,
  closed: SubscriptionState.SUBSCRIPTION_STATE_CLOSED,
};

const contents = {
  data: DeliveryContent.DELIVERY_CONTENT_DATA,
  notification: DeliveryContent.DELIVERY_CONTENT_NOTIFICATION,
};

const encodings = {
  protobuf: DeliveryEncoding.DELIVERY_ENCODING_PROTOBUF,
  json: DeliveryEncoding.DELIVERY_ENCODING_JSON,
};

export const subscriptionMessage = (row: SubscriptionEntity, lanes: readonly Lane[]): Subscription => {
  const { subscriptionId, institution, inscriptionContext, dataService, legalContext } = row;
  const { allInscribed, namedPersons, fieldGroups } = row;
  return {
    subscriptionId,
    institution,
    inscriptionContext,
    dataService,
    legalContext,
    allInscribed,
    namedPersons,
    fieldGroups,
    state: states[row.state],
    content: contents[row.content],
    encoding: encodings[row.encoding],
    topic: deliveriesTopic(institution),
    lastSequence: lanes.reduce((sum, { lastSequence }) => sum + lastSequence, 0n),
    lanes,
    openTime: row.openedAt,
    closingReason: row.closingReason ?? '',
  };
};

/** As it was opened, whatever became of it since: a repeated request gets the first answer. */
export const openedMessage = (row: SubscriptionEntity): Subscription => ({
  ...subscriptionMessage(
    row,
    Array.from({ length: row.laneCount }, (_, lane) => ({
      lane,
      lastSequence: 0n,
      sentSequence: 0n,
      firstSequence: 1n,
    })),
  ),
  state: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
  closingReason: '',
});

export const parkedMessage = ({ position, event, reason, parkedAt, attempts }: ParkedMessage): ParkedMutation => ({
  parkedId: String(position),
  personId: event.key,
  source: event.source,
  eventId: event.id,
  reason,
  parkTime: parkedAt,
  attempts,
});
