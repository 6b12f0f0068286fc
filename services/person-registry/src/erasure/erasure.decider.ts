import { type Decider, type DomainEvent, Rejection } from '@crossroads/eventsourcing/decider';

export type ErasureReasonCode = 'NO_ERASURE_ORDERED';

interface Order {
  readonly personIds: readonly string[];
  /** Those that held something about persons when it was ordered. */
  readonly services: readonly string[];
  /** A `crossroads.person.v1.ErasureReason`, by name. */
  readonly reason: string;
  /** An enterprise number. */
  readonly orderedBy: string;
}

interface Acknowledgement {
  readonly service: string;
  readonly personId: string;
}

/** `recordedAt` (ISO 8601) is absent before the event is stored. */
type ErasureOrdered = DomainEvent<'ErasureOrdered', Order & { readonly recordedAt?: string }>;
/** A service has destroyed its key of one of the persons. */
type ErasureAcknowledged = DomainEvent<'ErasureAcknowledged', Acknowledgement & { readonly recordedAt?: string }>;

export type ErasureEvent = ErasureOrdered | ErasureAcknowledged;

export type ErasureCommand =
  | ({ readonly type: 'OrderErasure' } & Order)
  | ({ readonly type: 'AcknowledgeErasure' } & Acknowledgement);

export interface ErasureState {
  readonly order?: Order & { readonly recordedAt?: string };
  readonly acknowledged: readonly (Acknowledgement & { readonly recordedAt?: string })[];
}

/** An order to erase, and which services have carried it out. */
export const erasureDecider: Decider<ErasureState, ErasureCommand, ErasureEvent> = {
  initialState: () => ({ acknowledged: [] }),

  decide({ type, ...data }, { order, acknowledged }) {
    if (type === 'OrderErasure') return [{ type: 'ErasureOrdered', data: data as Order }];
    const { service, personId } = data as Acknowledgement;
    if (order === undefined || !order.personIds.includes(personId))
      throw new Rejection<ErasureReasonCode>('NO_ERASURE_ORDERED', 'the erasure of this person was not ordered');
    const isKnown = acknowledged.some((one) => one.service === service && one.personId === personId);
    return isKnown ? [] : [{ type: 'ErasureAcknowledged', data: { service, personId } }];
  },

  evolve(state, { type, data }) {
    return type === 'ErasureOrdered'
      ? { ...state, order: data }
      : { ...state, acknowledged: [...state.acknowledged, data] };
  },
};

/** When a service had acknowledged all persons of the order; undefined while one is missing. */
export const acknowledgedAt = ({ order, acknowledged }: ErasureState, service: string): string | undefined => {
  const own = new Map(acknowledged.flatMap((one) => (one.service === service ? [[one.personId, one.recordedAt]] : [])));
  if (order === undefined || order.personIds.some((personId) => !own.has(personId))) return undefined;
  return [...own.values()]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
};
