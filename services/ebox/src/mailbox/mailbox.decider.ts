import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';
import type { IsoDay } from '@crossroads/identifiers';

export type MailboxReason = 'MAILBOX_NOT_OPEN' | 'TOO_MANY_DELEGATES';

type Language = 'nl' | 'fr' | 'de' | 'en';

interface Opened {
  readonly mailboxId: string;
  /** Null for a person. */
  readonly enterpriseNumber: string | null;
  readonly language: Language;
}

interface ConsentStep {
  readonly channel: string;
  /** Enterprise number of the front end through which it came. */
  readonly frontEnd: string;
}

interface ChangedPreferences {
  readonly language: Language;
  readonly exclusivelyEbox: boolean;
  /** Sealed for the owner; null: none. */
  readonly notificationAddress: string | null;
}

interface AddedDelegate {
  readonly delegationId: string;
  readonly delegateId: string;
  /** Sealed for the owner. */
  readonly label: string;
  readonly startsOn: IsoDay;
  readonly endsBefore: IsoDay | null;
}

/**
 * Owners who became one person have a stream each. What holds for all of them together is not in the state of one: it comes with the
 * command.
 */
export type MailboxCommand =
  | ({ readonly type: 'GiveConsent'; readonly isGiven: boolean } & ConsentStep & Opened)
  | ({ readonly type: 'WithdrawConsent'; readonly isGiven: boolean } & ConsentStep)
  | ({ readonly type: 'ChangePreferences' } & ChangedPreferences)
  /** `delegates`: how many have not ended. */
  | ({ readonly type: 'AddDelegate'; readonly delegates: number } & AddedDelegate)
  | { readonly type: 'RemoveDelegate'; readonly delegationId: string };

export type MailboxEvent =
  | DomainEvent<'MailboxOpened', Opened>
  | DomainEvent<'ConsentGiven', ConsentStep>
  | DomainEvent<'ConsentWithdrawn', ConsentStep>
  | DomainEvent<'PreferencesChanged', ChangedPreferences>
  | DomainEvent<'DelegateAdded', AddedDelegate>
  | DomainEvent<'DelegateRemoved', { readonly delegationId: string }>;

export interface MailboxState {
  /** Absent until it is opened. */
  readonly mailboxId?: string;
  /** Those of this stream that have consent. */
  readonly channels: ReadonlySet<string>;
  /** Delegations that were not removed. */
  readonly delegations: ReadonlySet<string>;
}

const MAX_DELEGATES = 20;

/** Each mailbox is a stream, named by the id of its owner. Repeating a command changes nothing. */
export const mailbox: Decider<MailboxState, MailboxCommand, MailboxEvent> = {
  initialState: () => ({ channels: new Set(), delegations: new Set() }),

  decide(command, state) {
    switch (command.type) {
      case 'GiveConsent': {
        const { channel, frontEnd, isGiven, mailboxId, enterpriseNumber, language } = command;
        const opened = { type: 'MailboxOpened', data: { mailboxId, enterpriseNumber, language } } as const;
        const given = { type: 'ConsentGiven', data: { channel, frontEnd } } as const;
        return [...(state.mailboxId === undefined ? [opened] : []), ...(isGiven ? [] : [given])];
      }
      case 'WithdrawConsent': {
        const { channel, frontEnd, isGiven } = command;
        return isGiven ? [{ type: 'ConsentWithdrawn', data: { channel, frontEnd } }] : [];
      }
      case 'ChangePreferences': {
        requireOpen(state);
        const { type: _, ...changed } = command;
        return [{ type: 'PreferencesChanged', data: changed }];
      }
      case 'AddDelegate': {
        requireOpen(state);
        const { type: _, delegates, ...added } = command;
        if (delegates >= MAX_DELEGATES)
          throw reject('TOO_MANY_DELEGATES', `a mailbox has at most ${MAX_DELEGATES} delegates; remove one first`);
        return [{ type: 'DelegateAdded', data: added }];
      }
      case 'RemoveDelegate': {
        const { delegationId } = command;
        return state.delegations.has(delegationId) ? [{ type: 'DelegateRemoved', data: { delegationId } }] : [];
      }
    }
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'MailboxOpened':
        return { ...state, mailboxId: data.mailboxId };
      case 'ConsentGiven':
        return { ...state, channels: new Set([...state.channels, data.channel]) };
      case 'ConsentWithdrawn':
        return { ...state, channels: without(state.channels, data.channel) };
      case 'PreferencesChanged':
        return state;
      case 'DelegateAdded':
        return { ...state, delegations: new Set([...state.delegations, data.delegationId]) };
      case 'DelegateRemoved':
        return { ...state, delegations: without(state.delegations, data.delegationId) };
    }
  },
};

/** How mailboxes are stored. */
const events: UpcastersOf<MailboxEvent> = {
  MailboxOpened: [],
  ConsentGiven: [],
  ConsentWithdrawn: [],
  PreferencesChanged: [],
  DelegateAdded: [],
  DelegateRemoved: [],
};

export const mailboxStreams = { type: 'mailbox', decider: mailbox, events };

const requireOpen = ({ mailboxId }: MailboxState): void => {
  if (mailboxId === undefined) throw reject('MAILBOX_NOT_OPEN', 'the first consent opens a mailbox; give it first');
};

const without = (all: ReadonlySet<string>, one: string): ReadonlySet<string> =>
  new Set([...all].filter((other) => other !== one));

const reject = (reason: MailboxReason, message: string) => new Rejection(reason, message);
