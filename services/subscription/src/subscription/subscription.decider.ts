import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';
import type { DeliveryOptions, SubscriptionTerms } from './grant-decision.rules.js';

export type SubscriptionReason =
  | 'SUBSCRIPTION_ALREADY_OPEN'
  | 'SUBSCRIPTION_NOT_OPEN'
  | 'SUBSCRIPTION_NOT_PAUSED'
  | 'LANES_FIXED';

interface OpenedTerms extends SubscriptionTerms, DeliveryOptions {
  /** Ids of the persons that it names; absent: all whom the institution has inscribed. */
  readonly personIds?: readonly string[];
  /** It begins with a snapshot. */
  readonly snapshot?: true;
}

export type ClosingReason = 'CLOSED_BY_SUBSCRIBER' | 'GRANT_REVOKED' | 'GRANT_EXPIRED';

export type SubscriptionCommand =
  | ({ readonly type: 'OpenSubscription' } & OpenedTerms)
  | ({ readonly type: 'ChangeSubscription' } & DeliveryOptions)
  | { readonly type: 'PauseSubscription' }
  | { readonly type: 'ResumeSubscription' }
  | ({ readonly type: 'ReplayDeliveries' } & Replayed)
  | { readonly type: 'CloseSubscription'; readonly reason: ClosingReason };

/** Which deliveries are sent again. */
interface Replayed {
  readonly replayId: string;
  readonly lanes: readonly { readonly lane: number; readonly from: string; readonly to: string }[];
}

export type SubscriptionEvent =
  | DomainEvent<'SubscriptionOpened', OpenedTerms>
  | DomainEvent<'SubscriptionChanged', DeliveryOptions>
  | DomainEvent<'DeliveriesReplayed', Replayed>
  | DomainEvent<'SubscriptionPaused', Record<string, never>>
  | DomainEvent<'SubscriptionResumed', Record<string, never>>
  | DomainEvent<'SubscriptionClosed', { readonly reason: ClosingReason }>;

export type SubscriptionState = 'absent' | 'open' | 'paused' | 'closed';

/** Each subscription is a stream. It is closed for good: its sequence has ended with the closing notice. */
export const subscription: Decider<SubscriptionState, SubscriptionCommand, SubscriptionEvent> = {
  initialState: () => 'absent',

  decide(command, state) {
    switch (command.type) {
      case 'OpenSubscription': {
        if (state !== 'absent') throw reject('SUBSCRIPTION_ALREADY_OPEN', 'this subscription exists already');
        const { type: _, ...terms } = command;
        return [{ type: 'SubscriptionOpened', data: terms }];
      }
      case 'ChangeSubscription': {
        if (state !== 'open' && state !== 'paused')
          throw reject('SUBSCRIPTION_NOT_OPEN', 'a closed subscription cannot be changed');
        const { type: _, ...options } = command;
        return [{ type: 'SubscriptionChanged', data: options }];
      }
      case 'ReplayDeliveries': {
        if (state !== 'open' && state !== 'paused')
          throw reject('SUBSCRIPTION_NOT_OPEN', 'the sequence of a closed subscription has ended: open another one');
        const { type: _, ...replayed } = command;
        return [{ type: 'DeliveriesReplayed', data: replayed }];
      }
      case 'PauseSubscription':
        if (state === 'paused') return [];
        if (state !== 'open') throw reject('SUBSCRIPTION_NOT_OPEN', 'only an open subscription can be paused');
        return [{ type: 'SubscriptionPaused', data: {} }];
      case 'ResumeSubscription':
        if (state === 'open') return [];
        if (state !== 'paused') throw reject('SUBSCRIPTION_NOT_PAUSED', 'only a paused subscription can be resumed');
        return [{ type: 'SubscriptionResumed', data: {} }];
      case 'CloseSubscription':
        if (state === 'closed') return [];
        if (state === 'absent') throw reject('SUBSCRIPTION_NOT_OPEN', 'there is no such subscription to close');
        return [{ type: 'SubscriptionClosed', data: { reason: command.reason } }];
    }
  },

  evolve(state, { type }) {
    switch (type) {
      case 'SubscriptionOpened':
      case 'SubscriptionResumed':
        return 'open';
      case 'SubscriptionChanged':
      case 'DeliveriesReplayed':
        return state;
      case 'SubscriptionPaused':
        return 'paused';
      case 'SubscriptionClosed':
        return 'closed';
    }
  },
};

/** How subscriptions are stored. */
const events: UpcastersOf<SubscriptionEvent> = {
  SubscriptionOpened: [],
  SubscriptionChanged: [],
  DeliveriesReplayed: [],
  SubscriptionPaused: [],
  SubscriptionResumed: [],
  SubscriptionClosed: [],
};

export const subscriptionStreams = { type: 'subscriptions', decider: subscription, events };

const reject = (reason: SubscriptionReason, message: string) => new Rejection(reason, message);
