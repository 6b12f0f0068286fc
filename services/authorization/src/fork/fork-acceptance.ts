import type { AcceptPolicyForkResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { processLog } from '@crossroads/telemetry';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { LivePolicy } from '../policy/live-policy.js';
import { type Actor, requireAdministrator, requireKey } from '../policy/policy.decider.js';
import { reject } from '../policy/policy.rules.js';
import { type LostHead, PolicyForks } from './policy-forks.js';

const revision = z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String });
const bytes = z.codec(z.string(), z.instanceof(Buffer), {
  decode: (hex) => Buffer.from(hex, 'hex'),
  encode: (buffer) => buffer.toString('hex'),
});
const answerCodec = z.object({
  policyRevision: revision,
  lost: z.array(z.object({ policyRevision: revision, policyHash: bytes, heldBy: z.string() })),
});

/** Goes on with the policy as it is after a fork: services take it anew. */
@Injectable()
export class ForkAcceptance {
  constructor(
    private readonly commands: Commands,
    private readonly live: LivePolicy,
    private readonly forks: PolicyForks,
  ) {}

  /** @throws Rejection */
  async accept(policyRevision: bigint, actor: Actor, request: RequestKey): Promise<AcceptPolicyForkResponse> {
    const answer = await this.commands.execute({
      request,
      answerCodec,
      decidesInTransaction: true,
      decide: async ({ tx }) => {
        if (!tx) throw new TypeError('this command decides in its transaction');
        await this.live.refresh();
        this.live.requireReadable();
        requireKey(actor, this.live.state);
        requireAdministrator(actor, this.live.state);
        const open = await this.forks.open(tx);
        if (open.length === 0) throw reject('NO_POLICY_FORK', 'there is no fork that waits to be accepted');
        if (this.live.revision !== policyRevision)
          throw reject(
            'POLICY_CHANGED',
            'the policy has another revision than the one given; look at it, then repeat with its revision',
            {
              policyRevision: String(this.live.revision),
            },
          );
        return {
          appends: [],
          answer: { policyRevision, lost: open.map(messageOf) },
          writeRows: () => this.forks.accept(tx, open, actor.enterpriseNumber),
        };
      },
    });
    processLog().warn('a fork of the policy was accepted: services take the policy anew', {
      policyRevision: String(policyRevision),
      acceptedBy: actor.enterpriseNumber,
      lost: answer.lost.length,
    });
    return answer;
  }
}

const messageOf = ({ revision: policyRevision, hash: policyHash, heldBy }: LostHead) => ({
  policyRevision,
  policyHash,
  heldBy,
});
