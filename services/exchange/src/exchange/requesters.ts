import { Clock } from '@crossroads/configuration';
import { type Call, type Caller, PermissionDenied, Unauthenticated } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { Requester } from '../consultation/consultations.js';
import { OfficialTokens } from '../officials/official-token.js';

/** Identifies the requester by certificate, representation and the token of an official. */
@Injectable()
export class Requesters {
  private readonly tokens: OfficialTokens;

  constructor(
    private readonly policy: PolicyFollower,
    clock: Clock,
  ) {
    this.tokens = new OfficialTokens(() => clock.now());
  }

  /** @throws PermissionDenied when the caller may not act for this customer; Unauthenticated for an invalid token */
  async requesterOf(call: Call, onBehalfOf: string | undefined): Promise<Requester> {
    const caller = institutionOf(call.caller);
    const customer = onBehalfOf ?? caller.enterpriseNumber;
    const policy = this.policy.policy();
    const institution = policy.institution(customer);
    if (!institution) throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the customer is no member of the network');
    if (!policy.mayActFor(caller, customer))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the customer');
    const [authorization, second] = call.metadata.get('authorization');
    if (authorization === undefined) return { caller, customer, official: undefined };
    if (second !== undefined || typeof authorization !== 'string')
      throw new Unauthenticated('TOKEN_MALFORMED', 'authorization must be there once, "Bearer <JWT>"');
    const keys = institution.officialKeys;
    const official = await this.tokens.officialOf(authorization, { institution: customer, keys, spki: caller.spki });
    return { caller, customer, official };
  }
}

type InstitutionCaller = Extract<Caller, { kind: 'institution' }>;

export const institutionOf = (caller: Caller): InstitutionCaller => {
  if (caller.kind === 'institution') return caller;
  throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for institutions');
};
