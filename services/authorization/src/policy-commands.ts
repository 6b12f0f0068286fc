import { Commands, type EventStore, type Json, type RequestKey } from '@crossroads/eventsourcing';
import { z } from 'zod';
import { policy as decider, type PolicyCommand, type PolicyEvent } from './domain/policy.js';
import type { LivePolicy } from './live-policy.js';
import { POLICY_STREAM } from './policy-stream.js';

/** What every caller is told, now and at each repetition. */
const kept = z.object({
  policyRevision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
  deliberationId: z.string(),
});
export type Answer = Readonly<z.output<typeof kept>>;

/** Carries out changes of the policy, one after the other: decided on the state in memory once it is as new as the stream. */
export class PolicyCommands {
  private readonly commands: Commands;

  constructor(
    store: Pick<EventStore, 'append' | 'answerTo'>,
    private readonly live: LivePolicy,
    private readonly onError: (error: unknown) => void,
  ) {
    this.commands = new Commands(store);
  }

  /** @throws Rejection, RequestIdReused; WrongExpectedRevision after ten races lost against other processes */
  async handle(command: PolicyCommand, request: RequestKey): Promise<Answer> {
    const answer = await this.commands.execute({
      request,
      answerCodec: kept,
      // To race for the same stream within this process would only cost retries.
      serializeBy: POLICY_STREAM,
      retry: { attempts: 10, jitterMs: 10 },
      decide: async () => {
        await this.live.refresh();
        const { revision, state } = this.live;
        const events = decider.decide(command, state);
        return {
          appends: [appendOf(events, revision)],
          answer: { policyRevision: revision + BigInt(events.length), deliberationId: deliberationIdOf(command) },
        };
      },
    });
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
