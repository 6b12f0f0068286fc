import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventStore,
  type Json,
  Rejection,
  type RequestKey,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { policy as decider, type PolicyCommand, type PolicyEvent } from './domain/policy.js';
import type { LivePolicy } from './live-policy.js';
import { POLICY_STREAM } from './policy-stream.js';

const ATTEMPTS = 10;
const JITTER_MS = 10;

/** What every caller is told, now and at each repetition. */
export interface Answer {
  readonly policyRevision: bigint;
  readonly deliberationId: string;
}

/** Carries out changes of the policy, one after the other: decided on the state in memory once it is as new as the stream. */
export class PolicyCommands {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: Pick<EventStore, 'append' | 'answerTo'>,
    private readonly live: LivePolicy,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @throws Rejection, RequestIdReused; WrongExpectedRevision after ten races lost against other processes */
  handle(command: PolicyCommand, request: RequestKey): Promise<Answer> {
    // One after the other within this process: to race for the same stream would only cost retries.
    const mine = this.last.then(() => this.carryOut(command, request));
    this.last = mine.catch(() => {});
    return mine;
  }

  private async carryOut(command: PolicyCommand, request: RequestKey): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const kept = await this.store.answerTo(request);
      if (kept) return answerOf(kept.answer);
      try {
        return await this.once(command, request);
      } catch (error) {
        // The same request may have been carried out in between; then the rule refuses what it has itself done.
        const done = error instanceof Rejection ? await this.store.answerTo(request) : undefined;
        if (done) return answerOf(done.answer);
        if (!(error instanceof WrongExpectedRevision) || attempt === ATTEMPTS) throw error;
        await delay(Math.random() * JITTER_MS * attempt);
      }
    }
  }

  private async once(command: PolicyCommand, request: RequestKey): Promise<Answer> {
    await this.live.refresh();
    const { revision, state } = this.live;
    const events = decider.decide(command, state);
    const answer: Answer = {
      policyRevision: revision + BigInt(events.length),
      deliberationId: deliberationIdOf(command),
    };
    const kept: Json = { ...answer, policyRevision: String(answer.policyRevision) };
    await this.store.append([appendOf(events, revision)], { request, answer: kept });
    // It is done: whoever watches hears of it now, or with the next read when this one fails.
    await this.live.refresh().catch(this.onError);
    return answer;
  }
}

/** What is added to the policy at a revision. */
export const appendOf = (events: readonly PolicyEvent[], expectedRevision: bigint) => ({
  streamId: POLICY_STREAM,
  streamType: 'policy',
  expectedRevision,
  // Entities are plain JSON throughout.
  events: events.map(({ type, data }) => ({ type, data: data as unknown as Json })),
});

const deliberationIdOf = (command: PolicyCommand): string => {
  if ('draft' in command) return command.draft.deliberationId;
  return 'deliberationId' in command ? command.deliberationId : '';
};

const answerOf = (kept: Json): Answer => {
  if (typeof kept === 'object' && kept !== null && 'policyRevision' in kept && 'deliberationId' in kept) {
    const { policyRevision, deliberationId } = kept;
    if (typeof policyRevision === 'string' && typeof deliberationId === 'string')
      return { policyRevision: BigInt(policyRevision), deliberationId };
  }
  throw new TypeError('the kept answer of a request is none of this service');
};
