import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';
import type { SsinKind } from '@crossroads/identifiers';

export type NumberReason =
  | 'SSIN_ALREADY_REGISTERED'
  | 'UNKNOWN_SSIN'
  | 'SSIN_REPLACED'
  | 'SSIN_CANCELED'
  | 'ALREADY_REPLACED'
  | 'NOT_REPLACED'
  | 'REPLACES_ITSELF'
  | 'REPLACES_OTHERS'
  | 'TWO_PERSONS'
  | 'ONE_PERSON';

/** Numbers are identified by their blind index. `personId` is whose the number is after the event. */
export type NumberEvent =
  | DomainEvent<'NumberAssigned', { personId: string; kind: SsinKind; ssin?: string }>
  | DomainEvent<'NumberReplaced', { personId: string; previousPersonId: string; byIndex: string }>
  | DomainEvent<'NumberUnreplaced', { personId: string; previousPersonId: string }>
  /** The number that replaces it now belongs to another person. */
  | DomainEvent<'NumberMoved', { personId: string; previousPersonId: string; byIndex: string }>
  | DomainEvent<'NumberCanceled', { personId: string }>
  /** It was assigned by a replacement that was undone: it belongs to nobody again. */
  | DomainEvent<'NumberReleased', { personId: string }>
  /** It replaces another number, or no longer does. With it the whole chain of replaced numbers can be found. */
  | DomainEvent<'ReplacementGained', { index: string }>
  | DomainEvent<'ReplacementLost', { index: string }>;

export const NUMBER_EVENTS: UpcastersOf<NumberEvent> = {
  NumberAssigned: [],
  NumberReplaced: [],
  NumberUnreplaced: [],
  NumberMoved: [],
  NumberCanceled: [],
  NumberReleased: [],
  ReplacementGained: [],
  ReplacementLost: [],
};

export type NumberCommand =
  | { readonly type: 'AssignNumber'; readonly personId: string; readonly kind: SsinKind; readonly ssin: string }
  | { readonly type: 'ReplaceNumber'; readonly byIndex: string; readonly personId: string }
  | { readonly type: 'UnreplaceNumber' }
  | { readonly type: 'MoveNumber'; readonly personId: string }
  | { readonly type: 'ReleaseNumber' }
  | { readonly type: 'CancelNumber' }
  | { readonly type: 'GainReplacement'; readonly index: string }
  | { readonly type: 'LoseReplacement'; readonly index: string };

export interface KnownNumber {
  readonly status: 'active' | 'replaced' | 'canceled';
  /** To whom it belongs now. */
  readonly personId: string;
  /** To whom it belongs when it is not replaced. */
  readonly ownPersonId: string;
  readonly kind: SsinKind;
  /** Undefined when the person is forgotten. */
  readonly ssin: string | undefined;
  readonly byIndex?: string;
  /** Indexes of the numbers that it replaces. */
  readonly replaces: readonly string[];
}

export type NumberState = { readonly status: 'absent' } | KnownNumber;

/** The life of one number. */
export const numberDecider: Decider<NumberState, NumberCommand, NumberEvent> = {
  initialState: () => ({ status: 'absent' }),

  decide(command, state) {
    if (command.type === 'AssignNumber') {
      if (state.status !== 'absent') throw rejections[state.status]();
      const { type: _, ...data } = command;
      return [{ type: 'NumberAssigned', data }];
    }
    if (state.status === 'absent') throw unknownSsin();
    const previousPersonId = state.personId;
    switch (command.type) {
      case 'ReplaceNumber': {
        if (state.status === 'replaced')
          throw reject('ALREADY_REPLACED', 'this number is replaced already; undo that replacement first');
        requireActive(state);
        const { byIndex, personId } = command;
        return [{ type: 'NumberReplaced', data: { personId, previousPersonId, byIndex } }];
      }
      case 'UnreplaceNumber':
        if (state.status !== 'replaced') throw reject('NOT_REPLACED', 'this number is not replaced');
        return [{ type: 'NumberUnreplaced', data: { personId: state.ownPersonId, previousPersonId } }];
      case 'MoveNumber': {
        if (state.byIndex === undefined || command.personId === previousPersonId) return [];
        const { personId } = command;
        return [{ type: 'NumberMoved', data: { personId, previousPersonId, byIndex: state.byIndex } }];
      }
      case 'ReleaseNumber':
        if (state.replaces.length > 0 || state.status === 'replaced')
          throw reject(
            'REPLACES_OTHERS',
            'the number that replaces it is itself replaced, or replaces others; undo the later replacements first',
          );
        return [{ type: 'NumberReleased', data: { personId: previousPersonId } }];
      case 'CancelNumber':
        requireActive(state);
        return [{ type: 'NumberCanceled', data: { personId: previousPersonId } }];
      case 'GainReplacement':
        requireActive(state);
        return [{ type: 'ReplacementGained', data: { index: command.index } }];
      case 'LoseReplacement':
        return [{ type: 'ReplacementLost', data: { index: command.index } }];
    }
  },

  evolve(state, { type, data }) {
    if (type === 'NumberAssigned')
      return {
        status: 'active',
        personId: data.personId,
        ownPersonId: data.personId,
        kind: data.kind,
        ssin: data.ssin,
        replaces: [],
      };
    if (type === 'NumberReleased' || state.status === 'absent') return { status: 'absent' };
    const { byIndex: _, ...known } = state;
    switch (type) {
      case 'NumberReplaced':
        return { ...known, status: 'replaced', personId: data.personId, byIndex: data.byIndex };
      case 'NumberUnreplaced':
        return { ...known, status: 'active', personId: data.personId };
      case 'NumberMoved':
        return { ...state, personId: data.personId };
      case 'NumberCanceled':
        return { ...known, status: 'canceled' };
      case 'ReplacementGained':
        return { ...state, replaces: [...state.replaces, data.index] };
      case 'ReplacementLost':
        return { ...state, replaces: state.replaces.filter((index) => index !== data.index) };
    }
  },
};

export const unknownSsin = () =>
  new Rejection<NumberReason>('UNKNOWN_SSIN', 'nobody is registered under this number; register the person first');

/** @throws Rejection when the number is replaced or canceled */
export const requireActive = (state: KnownNumber): KnownNumber => {
  if (state.status === 'replaced') throw rejections.replaced();
  if (state.status === 'canceled') throw rejections.canceled();
  return state;
};

const reject = (reason: NumberReason, message: string) => new Rejection(reason, message);

const rejections = {
  active: () => reject('SSIN_ALREADY_REGISTERED', 'this number is registered already; change the person instead'),
  replaced: () => reject('SSIN_REPLACED', 'this number was replaced by another; use the number that replaces it'),
  canceled: () => reject('SSIN_CANCELED', 'this number was canceled; use the number that the person has now'),
} as const;
