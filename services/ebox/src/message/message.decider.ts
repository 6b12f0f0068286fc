import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';
import type { IsoDay } from '@crossroads/identifiers';

export type MessageReason = 'MESSAGE_ALREADY_PUBLISHED' | 'MESSAGE_NOT_PUBLISHED';

/** A message that was published. What is about the person is in `sealed`. */
interface PublishedMessage {
  readonly version: 1;
  /** A `personId`, or the id of an enterprise. */
  readonly ownerId: string;
  /** Enterprise number of the institution that published it; `service:ebox` for the mesh itself. */
  readonly provider: string;
  readonly sender: string;
  readonly messageType: string;
  readonly expiresOn: IsoDay | null;
  readonly registeredMail: boolean;
  readonly originalMessageId: string;
  /** A `MessageContent`, sealed for the owner. */
  readonly sealed: string;
}

export type MessageCommand =
  | ({ readonly type: 'Publish' } & PublishedMessage)
  | { readonly type: 'Mark'; readonly read: boolean }
  | { readonly type: 'Hide'; readonly hidden: boolean }
  | { readonly type: 'Remind' }
  | { readonly type: 'AlertOfExpiration' };

export type MessageEvent =
  | DomainEvent<'MessagePublished', PublishedMessage>
  /** `first`: the sender learns of it. */
  | DomainEvent<'MessageRead', { readonly first: boolean }>
  | DomainEvent<'MessageMarkedUnread', Record<string, never>>
  | DomainEvent<'MessageHidden', Record<string, never>>
  | DomainEvent<'MessageShown', Record<string, never>>
  | DomainEvent<'MessageReminded', Record<string, never>>
  | DomainEvent<'MessageExpirationAlerted', Record<string, never>>;

export interface MessageState {
  readonly published: boolean;
  readonly read: boolean;
  readonly wasRead: boolean;
  readonly hidden: boolean;
  readonly reminded: boolean;
  readonly alerted: boolean;
}

/** Each message is a stream, named by its id. Repeating a command changes nothing. */
export const message: Decider<MessageState, MessageCommand, MessageEvent> = {
  initialState: () => ({
    published: false,
    read: false,
    wasRead: false,
    hidden: false,
    reminded: false,
    alerted: false,
  }),

  decide(command, state) {
    if (command.type === 'Publish') {
      if (state.published) throw new Rejection('MESSAGE_ALREADY_PUBLISHED', 'this message was published before');
      const { type: _, ...published } = command;
      return [{ type: 'MessagePublished', data: published }];
    }
    if (!state.published) throw new Rejection('MESSAGE_NOT_PUBLISHED', 'there is no such message');
    switch (command.type) {
      case 'Mark':
        if (command.read === state.read) return [];
        return command.read
          ? [{ type: 'MessageRead', data: { first: !state.wasRead } }]
          : [{ type: 'MessageMarkedUnread', data: {} }];
      case 'Hide':
        if (command.hidden === state.hidden) return [];
        return [{ type: command.hidden ? 'MessageHidden' : 'MessageShown', data: {} }];
      case 'Remind':
        return state.wasRead || state.reminded ? [] : [{ type: 'MessageReminded', data: {} }];
      case 'AlertOfExpiration':
        return state.alerted ? [] : [{ type: 'MessageExpirationAlerted', data: {} }];
    }
  },

  evolve(state, { type }) {
    switch (type) {
      case 'MessagePublished':
        return { ...state, published: true };
      case 'MessageRead':
        return { ...state, read: true, wasRead: true };
      case 'MessageMarkedUnread':
        return { ...state, read: false };
      case 'MessageHidden':
        return { ...state, hidden: true };
      case 'MessageShown':
        return { ...state, hidden: false };
      case 'MessageReminded':
        return { ...state, reminded: true };
      case 'MessageExpirationAlerted':
        return { ...state, alerted: true };
    }
  },
};

/** How messages are stored. */
const events: UpcastersOf<MessageEvent> = {
  MessagePublished: [],
  MessageRead: [],
  MessageMarkedUnread: [],
  MessageHidden: [],
  MessageShown: [],
  MessageReminded: [],
  MessageExpirationAlerted: [],
};

export const messageStreams = { type: 'message', decider: message, events };
