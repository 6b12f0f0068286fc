import {
  CheckedPlace_Standing as Standing,
  type CheckRequest,
  type CheckResponse,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import type { LogPlace } from '@crossroads/eventsourcing';
import { RemoteError } from '@crossroads/grpc';
import { placeMessageOf } from '../broker/event-message.js';

/** A client of `EventsService`. */
export interface EventsClient {
  read(request: ReadRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ReadResponse>;
  check(request: CheckRequest, options?: { readonly signal?: AbortSignal }): Promise<CheckResponse>;
}

export interface EventSource {
  /** The `source` of its events. */
  readonly source: string;
  readonly eventsClient: EventsClient;
}

/** How long a source may be silent in the middle of a read before it counts as away. */
const SILENCE_MS = 5_000;
/** Sources that were silent, until when: other partitions need not find it out for themselves. */
const silentUntil = new WeakMap<EventSource, number>();

/** What a source can tell about a reader's place. */
export type Answer = 'COMMON' | 'BEYOND_HEAD' | 'OTHER_HASH' | 'OTHER_LOG';

/** Whether the reader has taken what is no longer in the log. */
export const isFork = (answer: Answer | undefined): answer is 'BEYOND_HEAD' | 'OTHER_HASH' =>
  answer === 'BEYOND_HEAD' || answer === 'OTHER_HASH';

const ANSWERS: Readonly<Partial<Record<Standing, Answer>>> = {
  [Standing.STANDING_COMMON]: 'COMMON',
  // It can no longer be compared; nothing says that it is wrong.
  [Standing.STANDING_TRIMMED]: 'COMMON',
  [Standing.STANDING_BEYOND_HEAD]: 'BEYOND_HEAD',
  [Standing.STANDING_OTHER_HASH]: 'OTHER_HASH',
  [Standing.STANDING_OTHER_LOG]: 'OTHER_LOG',
};

/** Compares places with the log of a source: one answer for each. @throws RemoteError */
export const checkPlaces = async (
  { eventsClient }: EventSource,
  places: readonly LogPlace[],
  signal?: AbortSignal,
): Promise<Answer[]> => {
  const request = { places: places.map(placeMessageOf) };
  const { places: checked } = await eventsClient.check(request, signal ? { signal } : {});
  if (checked.length !== places.length) throw new TypeError(`asked for ${places.length} places, got ${checked.length}`);
  return checked.map(({ standing }) => {
    const answer = ANSWERS[standing];
    if (answer === undefined) throw new TypeError('Events/Check gave an unknown standing');
    return answer;
  });
};

/** Reads what was published after a place; the last response is the watermark. @throws RemoteError; SourceSilent */
export const readAfter = async function* (
  source: EventSource,
  { topic, partition, after }: { readonly topic: string; readonly partition: number; readonly after?: LogPlace },
  signal: AbortSignal,
): AsyncGenerator<ReadResponse> {
  if ((silentUntil.get(source) ?? 0) > Date.now()) throw new SourceSilent();
  const ending = new AbortController();
  const request = { topic, partition, after: after && placeMessageOf(after) };
  let silence: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      silentUntil.set(source, Date.now() + SILENCE_MS);
      ending.abort(new SourceSilent());
    }, SILENCE_MS);
  };
  try {
    wait();
    for await (const response of source.eventsClient.read(request, {
      signal: AbortSignal.any([signal, ending.signal]),
    })) {
      // The time that the reader takes for it does not count.
      clearTimeout(silence);
      yield response;
      if (!response.event) return;
      wait();
    }
    throw new ReadBroken();
  } catch (error) {
    // The client says only that the call was canceled.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    clearTimeout(silence);
    ending.abort();
  }
};

class SourceSilent extends Error {
  override readonly name = 'SourceSilent';
  readonly outage = true;
}

class ReadBroken extends Error {
  override readonly name = 'ReadBroken';

  constructor() {
    super('Events/Read ended without a watermark');
  }
}

/** The reason code of an answer of `Events/Read` or `Events/Check`. */
export const reasonOf = (error: unknown): string => (error instanceof RemoteError ? error.reason : '');

const SHA_256 = /^[0-9a-f]{64}$/;

/** The place after which a trimmed log can be read: it is in the metadata of the error. */
export const leftAfter = (error: unknown, known: LogPlace | undefined, partition: number): LogPlace | undefined => {
  if (!(error instanceof RemoteError)) return undefined;
  const { afterPosition: position = '', afterHash: hash = '', logId = known?.logId } = error.metadata;
  if (logId === undefined || !/^\d{1,18}$/.test(position) || !SHA_256.test(hash)) return undefined;
  return { logId, partition, position: BigInt(position), hash };
};
