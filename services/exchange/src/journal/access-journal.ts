import {
  type Appender,
  Commands,
  type EventStore,
  type Json,
  Rejection,
  RequestIdReused,
  type RequestKey,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { Unavailable } from '@crossroads/grpc';
import { FORGOTTEN } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';
import { storedText } from './stored-text.js';
import type { Access } from './access.js';
import { ACCESS, REFUSAL } from './access-events.js';
import { type Kept, keptAnswer, parseKept, type Refused } from './kept-answer.js';
import type { OpenAccesses } from './open-accesses.js';
import type { RecordSeals } from './sealed-record.js';
import { within } from './within.js';

/** How long an append may take before the journal counts as away. */
const APPEND_WITHIN_MS = 4_000;

/** What every release and every refusal is written to before it is answered. Its failures are `Unavailable`: fail closed. */
export class AccessJournal {
  private readonly commands: Commands;

  constructor(
    private readonly store: Pick<EventStore, 'answerTo' | 'readStream' | 'append'>,
    private readonly appender: Appender,
    private readonly seals: RecordSeals,
    private readonly open: OpenAccesses,
  ) {
    this.commands = new Commands(store, undefined, {
      append: (appends, options) => within(APPEND_WITHIN_MS, appender.append(appends, options)),
    });
  }

  /**
   * Makes the intent durable. When the request was made before, nothing is written, and what came of it is returned.
   * @throws RequestIdReused; Unavailable; Rejection SUBJECT_FORGOTTEN
   */
  async intend(access: Access, record: Salted, request: RequestKey): Promise<Kept | undefined> {
    const { journalId, ticket, personId } = access;
    const sealed = await available(this.seals.seal(personId, journalId, 'record', record));
    const instance = this.open.begin(access);
    try {
      const event = { type: 'AccessIntended', data: { version: 1, ticket, personId, instance, record: sealed } };
      const answer = keptAnswer({ kind: 'intended', access });
      await this.append(journalId, ACCESS, 0n, event, { request, answer });
      return undefined;
    } catch (error) {
      if (error instanceof RequestIdReused || error instanceof WrongExpectedRevision) this.open.end(journalId);
      else this.open.doubt(journalId);
      if (error instanceof WrongExpectedRevision) return this.keptFor(request);
      throw unavailable(error);
    }
  }

  /** The record of an access of before, to be shown again to sources. @throws Rejection SUBJECT_FORGOTTEN */
  async recordOf({ journalId, personId }: Access): Promise<Salted> {
    const [intended] = await available(this.store.readStream(journalId));
    const sealed = storedText(intended?.data, 'record');
    const record = await available(this.seals.open(personId, journalId, 'record', sealed));
    if (record === FORGOTTEN) throw new Rejection('SUBJECT_FORGOTTEN', 'the data of this person were erased');
    return record;
  }

  /** Makes the outcome durable; only then may anything be answered. */
  async conclude({ journalId, ticket, personId }: Access, outcome: Salted): Promise<void> {
    try {
      const sealed = await this.seals.seal(personId, journalId, 'outcome', outcome);
      const event = { type: 'AccessConcluded', data: { version: 1, ticket, personId, outcome: sealed } };
      await this.appendNext(journalId, event);
      this.open.end(journalId);
    } catch (error) {
      this.open.doubt(journalId);
      throw unavailable(error);
    }
  }

  /** An access that ended otherwise than with `conclude`: it is closed as unknown, unless it was concluded. */
  abandon({ journalId }: Access): void {
    this.open.doubt(journalId);
  }

  /** Makes a refusal durable. Without `request` it is one more refusal of a request that stands in the journal already. */
  async refuse(
    access: Access,
    parts: { readonly record: Salted; readonly outcome: Salted },
    refused: Refused,
    request?: RequestKey,
  ): Promise<Kept | undefined> {
    const { journalId, ticket, personId } = access;
    try {
      const [record, outcome] = await Promise.all([
        this.seals.seal(personId, journalId, 'record', parts.record),
        this.seals.seal(personId, journalId, 'outcome', parts.outcome),
      ]);
      const event = { type: 'AccessRefused', data: { version: 1, ticket, personId, record, outcome } };
      const options = request ? { request, answer: keptAnswer({ kind: 'refused', refused }) } : {};
      await this.append(journalId, REFUSAL, 0n, event, options);
      return undefined;
    } catch (error) {
      if (error instanceof WrongExpectedRevision && request) return this.keptFor(request);
      throw unavailable(error);
    }
  }

  /** After the intent comes the outcome; a repetition, or who closed it in between, may have been first. */
  private appendNext(journalId: string, event: { type: string; data: Json }): Promise<null> {
    return this.commands.execute({
      retry: { attempts: 8, jitterMs: 0 },
      decide: async ({ number }) => {
        const expectedRevision = number === 1 ? 1n : ((await this.store.readStream(journalId)).at(-1)?.revision ?? 1n);
        return {
          appends: [{ streamId: journalId, streamType: ACCESS, expectedRevision, events: [event] }],
          answer: null,
        };
      },
    });
  }

  private append(
    streamId: string,
    streamType: string,
    expectedRevision: bigint,
    event: { type: string; data: Json },
    options: { request?: RequestKey; answer?: Json } = {},
  ): Promise<void> {
    const append = { streamId, streamType, expectedRevision, events: [event] };
    return within(APPEND_WITHIN_MS, this.appender.append([append], options));
  }

  private async keptFor(request: RequestKey): Promise<Kept> {
    const kept = await available(this.store.answerTo(request));
    if (!kept) throw new WrongExpectedRevision();
    return parseKept(kept.answer);
  }
}

const available = <Value>(pending: Promise<Value>): Promise<Value> =>
  pending.catch((error: unknown) => {
    throw unavailable(error);
  });

/** Whatever keeps the journal from being written, nothing may be released: the caller is told to come back. */
const unavailable = (error: unknown): unknown => {
  if (error instanceof Rejection || error instanceof RequestIdReused || error instanceof Unavailable) return error;
  return journalUnavailable(error);
};

const journalUnavailable = (cause?: unknown): Unavailable => {
  const failure = new Unavailable('JOURNAL_UNAVAILABLE', 'the access journal cannot be written; nothing was released', {
    retryAfterMs: 1_000,
  });
  failure.cause = cause;
  return failure;
};
