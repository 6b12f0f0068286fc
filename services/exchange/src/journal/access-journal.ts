import { withTimeout } from '@crossroads/configuration';
import {
  type Appender,
  BatchingAppender,
  Commands,
  type EventStore,
  type Json,
  PostgresEventStore,
  Rejection,
  RequestIdReused,
  type RequestKey,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { Unavailable } from '@crossroads/grpc';
import { releaseMessage, type Salted } from '@crossroads/transparency';
import { Inject, Injectable } from '@nestjs/common';
import type { Access, BegunReleases } from './access.js';
import { ACCESS, journalStream, REFUSAL } from './access-events.js';
import { OpenAccesses } from './open-accesses.js';
import { RecordSealer } from './record-sealer.js';
import { type FirstRequest, firstRequestCodec } from './first-request.codec.js';

const APPEND_TIMEOUT_MS = 4_000;

/** A request whose id is kept with what it writes. */
export interface RequestToKeep {
  readonly key: RequestKey;
  /** When it was decided. */
  readonly time: Date;
}

type Store = Pick<EventStore, 'answerTo' | 'readStream' | 'append'> & Pick<PostgresEventStore, 'appendAll'>;

/** Every release and every refusal is written here before it is answered. Errors are `Unavailable`: nothing is released then. */
@Injectable()
export class AccessJournal {
  private readonly appender: Appender;
  private readonly commands: Commands;

  constructor(
    @Inject(PostgresEventStore) private readonly store: Store,
    private readonly sealer: RecordSealer,
    private readonly open: OpenAccesses,
  ) {
    const batching = new BatchingAppender(store);
    this.appender = {
      append: (appends, options) => withTimeout(APPEND_TIMEOUT_MS, batching.append(appends, options)),
    };
    this.commands = new Commands(store, undefined, this.appender);
  }

  /**
   * Makes the intent durable. When there was a request under this id before, nothing is written, and that one is returned.
   * @throws RequestIdReused; Unavailable; Rejection SUBJECT_FORGOTTEN
   */
  async intend(access: Access, begun: BegunReleases, first?: RequestToKeep): Promise<FirstRequest | undefined> {
    const { journalId, ticket, personId, releases } = access;
    const sealed = await orUnavailable(this.sealer.seal(personId, journalId, 'begun', begun.map(releaseMessage)));
    const instance = this.open.begin(access);
    try {
      const data = { version: 1, ticket, personId, releases, instance, begun: sealed };
      const event = { type: 'AccessIntended', data };
      await this.append(access, ACCESS, event, first);
      return undefined;
    } catch (error) {
      if (error instanceof RequestIdReused || error instanceof WrongExpectedRevision) this.open.end(journalId);
      else this.open.markUncertain(journalId);
      if (error instanceof WrongExpectedRevision && first) return this.firstUnder(first.key);
      throw unavailable(error);
    }
  }

  /** Makes the outcomes durable, one for each release. The caller may be answered after that, not before. */
  async conclude(access: Access, outcomes: readonly Salted[]): Promise<void> {
    const { journalId, ticket, personId } = access;
    try {
      const messages = outcomes.map((outcome) => releaseMessage({ outcome }));
      const sealed = await this.sealer.seal(personId, journalId, 'outcomes', messages);
      const event = { type: 'AccessConcluded', data: { version: 1, ticket, personId, outcomes: sealed } };
      await this.appendNext(access, event);
      this.open.end(journalId);
    } catch (error) {
      this.open.markUncertain(journalId);
      throw unavailable(error);
    }
  }

  /** The access failed before `conclude`. The unknown-outcomes job closes it, unless it was concluded. */
  abandon({ journalId }: Access): void {
    this.open.markUncertain(journalId);
  }

  /**
   * Makes a refusal durable. When there was a request under this id before, nothing is written, and that one is returned.
   * @throws RequestIdReused; Unavailable; Rejection SUBJECT_FORGOTTEN
   */
  async refuse(
    access: Access,
    begun: BegunReleases,
    outcomes: readonly Salted[],
    first?: RequestToKeep,
  ): Promise<FirstRequest | undefined> {
    const { journalId, ticket, personId } = access;
    try {
      const messages = outcomes.map((outcome) => releaseMessage({ outcome }));
      // One look-up for each refusal, whether the key is of a person or of nobody: else the time would tell which.
      const fresh = { fresh: true };
      const [sealedBegun, sealedOutcomes] = await Promise.all([
        this.sealer.seal(personId, journalId, 'begun', begun.map(releaseMessage), fresh),
        this.sealer.seal(personId, journalId, 'outcomes', messages, fresh),
      ]);
      const data = { version: 1, ticket, personId, begun: sealedBegun, outcomes: sealedOutcomes };
      const event = { type: 'AccessRefused', data };
      await this.append(access, REFUSAL, event, first);
      return undefined;
    } catch (error) {
      if (error instanceof WrongExpectedRevision && first) return this.firstUnder(first.key);
      throw unavailable(error);
    }
  }

  /** The outcome normally follows the intent; the unknown-outcomes job may have appended before it. */
  private appendNext(access: Access, event: { type: string; data: Json }): Promise<null> {
    return this.commands.execute({
      retry: { attempts: 8, jitterMs: 0 },
      decide: async ({ number }) => {
        const expectedRevision =
          number === 1 ? 1n : ((await this.store.readStream(access.journalId)).at(-1)?.revision ?? 1n);
        return {
          appends: [{ ...journalStream(access), streamType: ACCESS, expectedRevision, events: [event] }],
          answer: null,
        };
      },
    });
  }

  private append(
    access: Access,
    streamType: string,
    event: { type: string; data: Json },
    first: RequestToKeep | undefined,
  ): Promise<void> {
    const append = { ...journalStream(access), streamType, expectedRevision: 0n, events: [event] };
    if (first === undefined) return this.appender.append([append], {});
    const answer = firstRequestCodec.encode({ ticket: access.ticket, time: first.time });
    return this.appender.append([append], { request: first.key, answer });
  }

  private async firstUnder(request: RequestKey): Promise<FirstRequest> {
    const stored = await orUnavailable(this.store.answerTo(request));
    if (!stored) throw new WrongExpectedRevision();
    return firstRequestCodec.decode(stored.answer);
  }
}

const orUnavailable = <Value>(pending: Promise<Value>): Promise<Value> =>
  pending.catch((error: unknown) => {
    throw unavailable(error);
  });

/** Any failure of the journal becomes `Unavailable`, so that the caller tries again. */
const unavailable = (error: unknown): unknown => {
  if (error instanceof Rejection || error instanceof RequestIdReused || error instanceof Unavailable) return error;
  const failure = new Unavailable('JOURNAL_UNAVAILABLE', 'the access journal cannot be written; nothing was released', {
    retryAfterMs: 1_000,
  });
  failure.cause = error;
  return failure;
};
