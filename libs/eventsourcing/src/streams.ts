import { randomUUID } from 'node:crypto';
import { type EventCodec, plainCodec } from './codec.js';
import type { Decider, DomainEvent } from './decider.js';
import { type UpcastersOf, upcast } from './upcasters.js';
import type { EventStore, Json, NewEvent, Recorded, StreamAppend } from './event-store.js';

/** A type of stream: its rules, and how its events are stored. */
export interface StreamKind<State, Command, Event extends DomainEvent> {
  readonly type: string;
  readonly decider: Decider<State, Command, Event>;
  /** Each of its events. A stream with another one needs a newer version of the service. */
  readonly events: UpcastersOf<Event>;
  /** @default plainCodec() */
  readonly codec?: EventCodec<Event>;
}

/** A stream that was read; `revision` is 0n when it does not exist. */
export interface Stream<State> {
  readonly streamId: string;
  readonly state: State;
  readonly revision: bigint;
}

/** Loads the streams of one type as states, and creates the appends of what was decided. */
export class Streams<State, Command, Event extends DomainEvent> {
  private readonly codec: EventCodec<Event>;

  constructor(
    private readonly store: Pick<EventStore, 'readStreams'>,
    private readonly kind: StreamKind<State, Command, Event>,
  ) {
    this.codec = kind.codec ?? plainCodec();
  }

  async load(streamId: string, store = this.store): Promise<Stream<State>> {
    const streams = await store.readStreams([streamId]);
    return this.fold(streamId, streams.get(streamId) ?? []);
  }

  /**
   * @param from an earlier state of the stream, that the events follow on
   * @throws NeedsNewerVersion
   */
  async fold(
    streamId: string,
    recorded: readonly Recorded[],
    from: Pick<Stream<State>, 'state' | 'revision'> = { state: this.kind.decider.initialState(), revision: 0n },
  ): Promise<Stream<State>> {
    const events = await this.opened(recorded);
    const state = events.reduce(this.kind.decider.evolve, from.state);
    return { streamId, state, revision: recorded.at(-1)?.revision ?? from.revision };
  }

  /** @throws NeedsNewerVersion */
  protected opened(recorded: readonly Recorded[]): Promise<Event[]> {
    return Promise.all(recorded.map(async (event) => this.codec.fromStored(upcast(this.kind.events, event))));
  }

  decide(command: Command, { state }: Stream<State>): Event[] {
    return this.kind.decider.decide(command, state);
  }

  /** The state of a stream after events that are not stored yet. */
  after({ state }: Stream<State>, events: readonly Event[]): State {
    return events.reduce(this.kind.decider.evolve, state);
  }

  async append(
    { streamId, revision }: Pick<Stream<State>, 'streamId' | 'revision'>,
    events: readonly Event[],
    metadata?: Readonly<Record<string, Json>>,
  ): Promise<StreamAppend> {
    const stored = events.map(async (event): Promise<NewEvent> => {
      const id = randomUUID();
      const body = await this.codec.toStored(event, { streamId, eventId: id });
      return { id, type: event.type, ...body, ...(metadata ? { metadata } : {}) };
    });
    return { streamId, streamType: this.kind.type, expectedRevision: revision, events: await Promise.all(stored) };
  }
}
