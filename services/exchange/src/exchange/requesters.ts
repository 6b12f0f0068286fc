import { type Call, type Caller, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Officials } from '@crossroads/sign-in';
import { Injectable } from '@nestjs/common';
import type { Requester } from '../consultation/consultations.js';

/** Identifies the requester by certificate, representation and the token of an official. */
@Injectable()
export class Requesters {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly officials: Officials,
  ) {}

  /** @throws PermissionDenied when the caller may not act for this customer; Unauthenticated for an invalid token */
  async requesterOf(call: Call, onBehalfOf: string | undefined): Promise<Requester> {
    const caller = institutionOf(call.caller);
    const customer = onBehalfOf ?? caller.enterpriseNumber;
    const policy = this.policy.policy();
    const institution = policy.institution(customer);
    if (!institution) throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the customer is no member of the network');
    if (!policy.mayActFor(caller, customer))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the customer');
    return { caller, customer, official: await this.officials.of(call, caller, institution) };
  }
}

type InstitutionCaller = Extract<Caller, { kind: 'institution' }>;

export const institutionOf = (caller: Caller): InstitutionCaller => {
  if (caller.kind === 'institution') return caller;
  throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for institutions');
};
