import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { LivePolicy } from './live-policy.js';
import { appendOf, POLICY_STREAM } from './policy.codec.js';
import { policy as decider, type PolicyCommand } from './policy.decider.js';

/** The answer to every change; a repeated request gets the same one. */
const answerCodec = z.object({
  policyRevision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
  deliberationId: z.string(),
});
export type PolicyAnswer = Readonly<z.output<typeof answerCodec>>;

/** Executes changes of the policy one after the other, on the state in memory once that is as new as the stream. */
@Injectable()
export class PolicyCommands {
  private readonly onError = warn('policy stream');

  constructor(
    private readonly commands: Commands,
    private readonly live: LivePolicy,
  ) {}

  /** @throws Rejection, RequestIdReused; WrongExpectedRevision after ten races lost against other processes */
  async execute(command: PolicyCommand, request: RequestKey): Promise<PolicyAnswer> {
    const answer = await this.commands.execute({
      request,
      answerCodec,
      // All changes append to one stream: racing for it within this process would only cost retries.
      serializeBy: POLICY_STREAM,
      retry: { attempts: 10, jitterMs: 10 },
      decide: async () => {
        await this.live.refresh();
        this.live.requireReadable();
        const { revision, state } = this.live;
        const events = decider.decide(command, state);
        return {
          appends: [appendOf(events, revision)],
          answer: { policyRevision: revision + BigInt(events.length), deliberationId: deliberationIdOf(command) },
        };
      },
    });
    // Watchers get the change now. The change is durable, so a failed read must not fail the request: the next one sees it.
    await this.live.refresh().catch(this.onError);
    return answer;
  }
}

const deliberationIdOf = (command: PolicyCommand): string => {
  if ('draft' in command) return command.draft.deliberationId;
  return 'deliberationId' in command ? command.deliberationId : '';
};
