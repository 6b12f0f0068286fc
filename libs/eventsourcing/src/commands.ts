import { setTimeout as delay } from 'node:timers/promises';
import type { Appender } from './coalescing-appender.js';
import type { Database, Tx } from '@crossroads/database';
import { isRejection } from './decider.js';
import { WrongExpectedRevision } from './errors.js';
import type { EventStore, Json, RequestKey, StreamAppend } from './event-store.js';
import { inTurn } from './turns.js';

/** Between the answer to a request and the JSON that is kept of it; a `z.object` of codecs is one. */
export interface AnswerCodec<Answer> {
  encode(answer: Answer): Json;
  decode(kept: Json): Answer;
}

/** What was decided: appended all or nothing. */
export interface Decision<Answer> {
  readonly appends: readonly StreamAppend[];
  readonly answer: Answer;
  /** Rows that show the events: written in the transaction of the append. */
  readonly rows?: (tx: Tx) => Promise<unknown>;
}

export interface Attempt {
  /** 1, and more after lost races. */
  readonly number: number;
  /** Open when the command locks. */
  readonly tx: Tx | undefined;
}

export interface Command<Answer> {
  /** Makes it safe to repeat: the second answer is the first. */
  readonly request?: RequestKey;
  readonly kept?: AnswerCodec<Answer>;
  /** Reads and decides; asked again after a lost race. @throws Rejection */
  readonly decide: (attempt: Attempt) => Promise<Decision<Answer>>;
  /** `decide` is asked in the transaction, since it locks rows. @default false */
  readonly locks?: boolean;
  /** Commands of the same turn come one after the other in this process. */
  readonly turn?: string;
  /** @default 5 attempts, up to 20 ms apart for each */
  readonly retry?: { readonly attempts: number; readonly jitterMs: number };
  /** Told of each failed attempt: what was remembered may be wrong. */
  readonly onFailed?: (error: unknown) => void;
}

type Store = Pick<EventStore, 'answerTo' | 'append'> & { within?(tx: Tx): Pick<EventStore, 'append'> };

const plain: AnswerCodec<never> = { encode: (answer) => answer, decode: (kept) => kept as never };

/** The one way in which anything is written: the kept answer, or decide and append; on a lost race again from the start. */
export class Commands {
  private readonly turns = inTurn();

  constructor(
    private readonly store: Store,
    private readonly db?: Pick<Database, 'transaction'>,
    private readonly appender: Appender = store,
  ) {}

  /** @throws Rejection; RequestIdReused; WrongExpectedRevision when every race was lost. */
  execute<Answer>(command: Command<Answer>): Promise<Answer> {
    const { turn } = command;
    return turn === undefined ? this.untilDone(command) : this.turns(turn, () => this.untilDone(command));
  }

  private async untilDone<Answer>(command: Command<Answer>): Promise<Answer> {
    const { attempts, jitterMs } = command.retry ?? { attempts: 5, jitterMs: 20 };
    for (let number = 1; ; number++) {
      const kept = await this.keptOf(command);
      if (kept) return kept.answer;
      try {
        return await this.once(command, number);
      } catch (error) {
        command.onFailed?.(error);
        // The same request may have been carried out in between; then the rule refuses what it has itself done.
        const done = isRejection(error) ? await this.keptOf(command) : undefined;
        if (done) return done.answer;
        if (!(error instanceof WrongExpectedRevision) || number === attempts) throw error;
        await delay(Math.random() * jitterMs * number);
      }
    }
  }

  private async once<Answer>(command: Command<Answer>, number: number): Promise<Answer> {
    if (command.locks)
      return this.transaction(async (tx) => this.write(command, await command.decide({ number, tx }), tx));
    const decision = await command.decide({ number, tx: undefined });
    if (decision.rows) return this.transaction((tx) => this.write(command, decision, tx));
    await this.append(this.appender, command, decision);
    return decision.answer;
  }

  private async write<Answer>(command: Command<Answer>, decision: Decision<Answer>, tx: Tx): Promise<Answer> {
    const within = this.store.within?.(tx);
    if (within === undefined) throw new TypeError('this event store has no transactions');
    await this.append(within, command, decision);
    await decision.rows?.(tx);
    return decision.answer;
  }

  private async append<Answer>(to: Appender, command: Command<Answer>, decision: Decision<Answer>): Promise<void> {
    const appends = decision.appends.filter(({ events }) => events.length > 0);
    const { request, kept = plain } = command;
    if (request) await to.append(appends, { request, answer: kept.encode(decision.answer) });
    else if (appends.length > 0) await to.append(appends);
  }

  private async keptOf<Answer>({ request, kept = plain }: Command<Answer>) {
    const found = request && (await this.store.answerTo(request));
    return found && { answer: kept.decode(found.answer) };
  }

  private transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    if (this.db === undefined) throw new TypeError('commands without a database write no rows');
    return this.db.transaction(work);
  }
}
