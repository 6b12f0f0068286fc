import type { Context } from '@opentelemetry/api';
import { inTurns } from './in-turns.js';
import { recordedContext, within } from './recorded-context.js';

export interface CoalescedOptions {
  /** Of one batch. @default 500 */
  readonly most?: number;
  /** While one is answered, another is on its way. @default 2 */
  readonly flights?: number;
}

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly trace: Context | undefined;
  readonly resolve: (answer: Answer | PromiseLike<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks one by one, answered in batches: what is asked in the same turn of the event loop shares a round trip, and so does
 * what comes while `flights` are on their way. The busier the process, the less a question costs; each answer was made after
 * its question. `answerAll` gives answers in the order asked, or promises of them, which do not fail; when it fails itself, so
 * do all of that batch.
 */
export const coalesced = <Asked, Answer>(
  answerAll: (batch: readonly Asked[]) => Promise<readonly (Answer | PromiseLike<Answer>)[]>,
  { most = 500, flights = 2 }: CoalescedOptions = {},
): ((asked: Asked) => Promise<Answer>) => {
  const waiting: Waiting<Asked, Answer>[] = [];
  let flying = 0;
  let planned = false;

  const fly = async (batch: readonly Waiting<Asked, Answer>[]): Promise<void> => {
    try {
      const traces = batch.map(({ trace }) => trace);
      const answers = await within(traces, () => answerAll(batch.map(({ asked }) => asked)));
      if (answers.length !== batch.length)
        throw new TypeError(`${batch.length} were asked at once, ${answers.length} answered`);
      void inTurns(answers, (answer, place) => batch[place]?.resolve(answer));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const depart = (): void => {
    planned = false;
    while (flying < flights && waiting.length > 0) {
      flying++;
      void fly(waiting.splice(0, most)).finally(() => {
        flying--;
        plan();
      });
    }
  };
  const plan = (): void => {
    if (planned || waiting.length === 0 || flying === flights) return;
    planned = true;
    setImmediate(depart);
  };
  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, trace: recordedContext(), resolve, reject });
      plan();
    });
};
