import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type EventCodec, plainCodec } from './codec.js';
import { type Decider, type DomainEvent, Rejection } from './decider.js';
import { WrongExpectedRevision } from './errors.js';
import type { EventStore, Json, NewEvent, RequestKey } from './event-store.js';

const ATTEMPTS = 5;
const JITTER_MS = 20;

export interface CommandHandlerOptions<State, Command, Event extends DomainEvent> {
  readonly store: EventStore;
  readonly decider: Decider<State, Command, Event>;
  readonly streamType: string;
  /** @default plainCodec() */
  readonly codec?: EventCodec<Event>;
}

export interface Handling<State, Command, Event extends DomainEvent> {
  readonly streamId: string;
  readonly command: Command;
  /** Makes it safe to repeat: the second answer equals the first. */
  readonly request?: RequestKey;
  /** What the caller is told: from the state after the events, and the stream's new revision. Kept with the request. */
  readonly answer: (state: State, revision: bigint, events: readonly Event[]) => Json;
  readonly metadata?: Readonly<Record<string, Json>>;
}

export interface Loaded<State> {
  readonly state: State;
  /** 0n when the stream does not exist. */
  readonly revision: bigint;
}

/** The state of a stream, folded from its events. */
export const loadState = async <State, Command, Event extends DomainEvent>(
  store: Pick<EventStore, 'readStream'>,
  decider: Decider<State, Command, Event>,
  codec: EventCodec<Event>,
  streamId: string,
): Promise<Loaded<State>> => {
  const recorded = await store.readStream(streamId);
  const events = await Promise.all(recorded.map((event) => codec.fromStored(event)));
  return { state: events.reduce(decider.evolve, decider.initialState()), revision: recorded.at(-1)?.revision ?? 0n };
};

/**
 * Load, decide, append; on a lost race again from the start, since `decide` is pure.
 * @throws Rejection, RequestIdReused; WrongExpectedRevision after five lost races.
 */
export const commandHandler = <State, Command, Event extends DomainEvent>({
  store,
  decider,
  streamType,
  codec = plainCodec(),
}: CommandHandlerOptions<State, Command, Event>) => {
  const once = async (handling: Handling<State, Command, Event>): Promise<Json> => {
    const { streamId, command, request, answer: answerOf, metadata } = handling;
    const kept = request && (await store.answerTo(request));
    if (kept) return kept.answer;

    const { state, revision } = await loadState(store, decider, codec, streamId);
    const events = decider.decide(command, state);
    const stored = await Promise.all(events.map((event) => toNewEvent(codec, event, streamId, metadata)));
    const answer = answerOf(events.reduce(decider.evolve, state), revision + BigInt(events.length), events);
    const append = { streamId, streamType, expectedRevision: revision, events: stored };
    if (request) await store.append([append], { request, answer });
    else if (events.length > 0) await store.append([append]);
    return answer;
  };

  return async (handling: Handling<State, Command, Event>): Promise<Json> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(handling);
      } catch (error) {
        // The same request may have been carried out in between; then the rule refuses what it has itself done.
        const kept =
          error instanceof Rejection && handling.request ? await store.answerTo(handling.request) : undefined;
        if (kept) return kept.answer;
        if (!(error instanceof WrongExpectedRevision) || attempt === ATTEMPTS) throw error;
        await delay(Math.random() * JITTER_MS * attempt);
      }
    }
  };
};

const toNewEvent = async <Event extends DomainEvent>(
  codec: EventCodec<Event>,
  event: Event,
  streamId: string,
  metadata: Readonly<Record<string, Json>> | undefined,
): Promise<NewEvent> => {
  const id = randomUUID();
  const stored = await codec.toStored(event, { streamId, eventId: id });
  return { id, type: event.type, ...stored, ...(metadata ? { metadata } : {}) };
};
