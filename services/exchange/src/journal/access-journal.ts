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
  storedText,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { Unavailable } from '@crossroads/grpc';
import { FORGOTTEN } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';
import { Inject, Injectable } from '@nestjs/common';
import type { Access } from './access.js';
import { ACCESS, journalStream, REFUSAL } from './access-events.js';
import { OpenAccesses } from './open-accesses.js';
import { RecordSealer } from './record-sealer.js';
import { type Refusal, type StoredAnswer, storedAnswerCodec } from './stored-answer.codec.js';

const APPEND_TIMEOUT_MS = 4_000;

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
   * Makes the intent durable. When the request was made before, nothing is written, and what was stored with it is returned.
   * @throws RequestIdReused; Unavailable; Rejection SUBJECT_FORGOTTEN
   */
  async intend(access: Access, record: Salted, request: RequestKey): Promise<StoredAnswer | undefined> {
    const { journalId, ticket, personId } = access;
    const sealed = await orUnavailable(this.sealer.seal(personId, journalId, 'record', record));
    const instance = this.open.begin(access);
    try {
      const event = { type: 'AccessIntended', data: { version: 1, ticket, personId, instance, record: sealed } };
      const answer = storedAnswerCodec.encode({ kind: 'intended', access });
      await this.append(access, ACCESS, event, { request, answer });
      return undefined;
    } catch (error) {
      if (error instanceof RequestIdReused || error instanceof WrongExpectedRevision) this.open.end(journalId);
      else this.open.markUncertain(journalId);
      if (error instanceof WrongExpectedRevision) return this.storedAnswer(request);
      throw unavailable(error);
    }
  }

  /** The record of an earlier access, to be shown to sources again. @throws Rejection SUBJECT_FORGOTTEN */
  async recordOf({ journalId, personId }: Access): Promise<Salted> {
    const [intended] = await orUnavailable(this.store.readStream(journalId));
    const sealed = storedText(intended?.data, 'record');
    const record = await orUnavailable(this.sealer.open(personId, journalId, 'record', sealed));
    if (record === FORGOTTEN) throw new Rejection('SUBJECT_FORGOTTEN', 'the data of this person were erased');
    return record;
  }

  /** Makes the outcome durable. The caller may be answered after that, not before. */
  async conclude(access: Access, outcome: Salted): Promise<void> {
    const { journalId, ticket, personId } = access;
    try {
      const sealed = await this.sealer.seal(personId, journalId, 'outcome', outcome);
      const event = { type: 'AccessConcluded', data: { version: 1, ticket, personId, outcome: sealed } };
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
   * Makes a refusal durable. Without `request` it is a further refusal of a request that the journal already has.
   * @throws Unavailable; Rejection SUBJECT_FORGOTTEN
   */
  async refuse(
    access: Access,
    parts: { readonly record: Salted; readonly outcome: Salted },
    refusal: Refusal,
    request?: RequestKey,
  ): Promise<StoredAnswer | undefined> {
    const { journalId, ticket, personId } = access;
    try {
      const [record, outcome] = await Promise.all([
        // One look-up for each refusal, whether the key is of a person or of nobody: else the time would tell which.
        this.sealer.seal(personId, journalId, 'record', parts.record, { fresh: true }),
        this.sealer.seal(personId, journalId, 'outcome', parts.outcome, { fresh: true }),
      ]);
      const event = { type: 'AccessRefused', data: { version: 1, ticket, personId, record, outcome } };
      const answer = storedAnswerCodec.encode({ kind: 'refused', refusal });
      await this.append(access, REFUSAL, event, request ? { request, answer } : {});
      return undefined;
    } catch (error) {
      if (error instanceof WrongExpectedRevision && request) return this.storedAnswer(request);
      throw unavailable(error);
    }
  }

  /** The outcome normally follows the intent; a repeated request, or the unknown-outcomes job, may have appended before it. */
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
    options: { request?: RequestKey; answer?: Json },
  ): Promise<void> {
    const append = { ...journalStream(access), streamType, expectedRevision: 0n, events: [event] };
    return this.appender.append([append], options);
  }

  private async storedAnswer(request: RequestKey): Promise<StoredAnswer> {
    const stored = await orUnavailable(this.store.answerTo(request));
    if (!stored) throw new WrongExpectedRevision();
    return storedAnswerCodec.decode(stored.answer);
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
