import { setTimeout as delay } from 'node:timers/promises';
import type { Appender } from './batching-appender.js';
import type { Database, Tx } from '@crossroads/database';
import { isRejection } from './decider.js';
import { WrongExpectedRevision } from './errors.js';
import type { EventStore, Json, RequestKey, StreamAppend } from './event-store.js';
import { keyedMutex } from './keyed-mutex.js';

/** Converts between an answer and the JSON that is stored of it. A `z.object` of codecs is one. */
export interface AnswerCodec<Answer> {
  encode(answer: Answer): Json;
  decode(stored: Json): Answer;
}

/** The outcome of a command. All of it is written in one transaction, or nothing. */
export interface CommandDecision<Answer> {
  readonly appends: readonly StreamAppend[];
  readonly answer: Answer;
  /** Writes rows of ordinary tables, in the transaction of the append. */
  readonly writeRows?: (tx: Tx) => Promise<unknown>;
}

export interface Attempt {
  /** Starts at 1, and grows by one with each lost race. */
  readonly number: number;
  /** Present when `decidesInTransaction` is set. */
  readonly tx: Tx | undefined;
}

export interface Command<Answer> {
  /** The idempotency key: a second command with the same key gets the first one's answer. */
  readonly request?: RequestKey;
  /** @default the answer is stored as it is */
  readonly answerCodec?: AnswerCodec<Answer>;
  /** Reads and decides. Called again after a lost race. @throws Rejection */
  readonly decide: (attempt: Attempt) => Promise<CommandDecision<Answer>>;
  /** `decide` runs inside the transaction, for example because it locks rows. @default false */
  readonly decidesInTransaction?: boolean;
  /** Commands with the same value run one after the other in this process. */
  readonly serializeBy?: string;
  /** @default 5 attempts, with a random pause of up to 20 ms times the number of the attempt */
  readonly retry?: { readonly attempts: number; readonly jitterMs: number };
  /** Called after each failed attempt, for example to drop a cached revision. */
  readonly onFailedAttempt?: (error: unknown) => void;
}

type Store = Pick<EventStore, 'answerTo' | 'append'> & { inTransaction?(tx: Tx): Pick<EventStore, 'append'> };

const plain: AnswerCodec<never> = { encode: (answer) => answer, decode: (stored) => stored as never };

/**
 * Executes commands: returns the stored answer of a repeated request, or decides and appends. Concurrency is optimistic: after a lost
 * race the command starts again, with a new look for a stored answer.
 */
export class Commands {
  private readonly mutex = keyedMutex();

  constructor(
    private readonly store: Store,
    private readonly db?: Pick<Database, 'transaction'>,
    private readonly appender: Appender = store,
  ) {}

  /** @throws Rejection; RequestIdReused; WrongExpectedRevision when every race was lost. */
  execute<Answer>(command: Command<Answer>): Promise<Answer> {
    const { serializeBy } = command;
    return serializeBy === undefined ? this.retry(command) : this.mutex(serializeBy, () => this.retry(command));
  }

  private async retry<Answer>(command: Command<Answer>): Promise<Answer> {
    const { attempts, jitterMs } = command.retry ?? { attempts: 5, jitterMs: 20 };
    for (let number = 1; ; number++) {
      const stored = await this.storedAnswer(command);
      if (stored) return stored.answer;
      try {
        return await this.once(command, number);
      } catch (error) {
        command.onFailedAttempt?.(error);
        // The same request may have been executed concurrently; then the rule rejects what the request itself has done.
        const repeated = isRejection(error) ? await this.storedAnswer(command) : undefined;
        if (repeated) return repeated.answer;
        if (!(error instanceof WrongExpectedRevision) || number >= attempts) throw error;
        await delay(Math.random() * jitterMs * number);
      }
    }
  }

  private async once<Answer>(command: Command<Answer>, number: number): Promise<Answer> {
    if (command.decidesInTransaction)
      return this.transaction(async (tx) => this.write(command, await command.decide({ number, tx }), tx));
    const decision = await command.decide({ number, tx: undefined });
    if (decision.writeRows) return this.transaction((tx) => this.write(command, decision, tx));
    await this.append(this.appender, command, decision);
    return decision.answer;
  }

  private async write<Answer>(command: Command<Answer>, decision: CommandDecision<Answer>, tx: Tx): Promise<Answer> {
    const store = this.store.inTransaction?.(tx);
    if (store === undefined) throw new TypeError('this event store has no transactions');
    await this.append(store, command, decision);
    await decision.writeRows?.(tx);
    return decision.answer;
  }

  private async append<Answer>(
    to: Appender,
    command: Command<Answer>,
    decision: CommandDecision<Answer>,
  ): Promise<void> {
    const appends = decision.appends.filter(({ events }) => events.length > 0);
    const { request, answerCodec = plain } = command;
    if (request) await to.append(appends, { request, answer: answerCodec.encode(decision.answer) });
    else if (appends.length > 0) await to.append(appends);
  }

  private async storedAnswer<Answer>({ request, answerCodec = plain }: Command<Answer>) {
    const found = request && (await this.store.answerTo(request));
    return found && { answer: answerCodec.decode(found.answer) };
  }

  private transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    if (this.db === undefined) throw new TypeError('commands without a database write no rows');
    return this.db.transaction(work);
  }
}
