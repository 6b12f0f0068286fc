import { ProviderEvent } from '@crossroads/contracts/ebox/v1/events';
import type { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import type { Calls } from '@crossroads/grpc';
import type { Broker, Consumption } from '@crossroads/messaging';
import { EBOX_EVENTS, topicOfInstitution } from '@crossroads/topology';

type Publications = Pick<Calls<typeof PublicationServiceService>, 'listProviderEvents'>;

/** The numbers of a provider's events have a gap, which they never may: reading stops here. */
export class MissingEvent extends Error {
  override readonly name = 'MissingEvent';

  constructor(readonly eventSequenceNbr: bigint) {
    super(`event ${eventSequenceNbr} is missing`);
  }
}

const PAGE_SIZE = 1_000;

/**
 * What happened to the provider's messages after a number, up to now: 0 from the first on. To go on later, give the number of the last event
 * that was handled.
 * @throws RemoteError; MissingEvent
 */
export async function* readProviderEvents(publications: Publications, after = 0n): AsyncGenerator<ProviderEvent> {
  for (let last = after; ; ) {
    const { events, hasNext } = await publications.listProviderEvents({
      afterEventSequenceNbr: last,
      pageSize: PAGE_SIZE,
    });
    for (const event of events) {
      if (event.eventSequenceNbr !== last + 1n) throw new MissingEvent(last + 1n);
      last = event.eventSequenceNbr;
      yield event;
    }
    if (!hasNext) return;
    if (events.length === 0) throw new MissingEvent(last + 1n);
  }
}

export interface FollowProviderEventsOptions {
  /** See `openBroker`: Kafka with the application's certificate. */
  readonly broker: Pick<Broker, 'consume'>;
  /** Fetches events that the topic does not have any more. */
  readonly publications: Publications;
  /** Enterprise number of the provider that reads. */
  readonly provider: string;
  /** Begins with the enterprise number, as the ACL demands. */
  readonly group: string;
  /** The number of the last event that was handled, kept with what `onEvent` did; 0: none. */
  readonly lastSequence: () => Promise<bigint> | bigint;
  /** Each event once, in the order of the numbers. When it throws, the event comes again. */
  readonly onEvent: (event: ProviderEvent) => Promise<void> | void;
  readonly onError?: (error: unknown, attempt: number) => void;
}

/** Reads the provider's topic: repeated events are dropped by their number, and missing ones fetched. */
export const followProviderEvents = (options: FollowProviderEventsOptions): Promise<Consumption> => {
  const { broker, provider, group, onError } = options;
  return broker.consume({
    topic: topicOfInstitution(EBOX_EVENTS, provider),
    group,
    ...(onError ? { onError } : {}),
    onBatch: async (events, signal) => {
      for (const { data } of events) {
        signal.throwIfAborted();
        await take(ProviderEvent.decode(data), options);
      }
    },
  });
};

const take = async (
  event: ProviderEvent,
  { publications, lastSequence, onEvent }: FollowProviderEventsOptions,
): Promise<void> => {
  const last = await lastSequence();
  if (event.eventSequenceNbr <= last) return;
  if (event.eventSequenceNbr > last + 1n)
    for await (const missing of readProviderEvents(publications, last)) {
      if (missing.eventSequenceNbr >= event.eventSequenceNbr) break;
      await onEvent(missing);
    }
  await onEvent(event);
};
