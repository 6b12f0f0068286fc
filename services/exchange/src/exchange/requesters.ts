import { Clock } from '@crossroads/configuration';
import { type Call, type Caller, PermissionDenied } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { RequestTokens } from '@crossroads/request-token';
import { Injectable } from '@nestjs/common';
import type { ConsultInput } from '../consultation/consult.pipe.js';
import type { Requester } from '../consultation/consultations.js';

/** Clocks differ. */
const TOLERANCE_S = 5;

/** Identifies the requester by certificate, representation, and the request token that the customer signed for this question. */
@Injectable()
export class Requesters {
  private readonly tokens: RequestTokens;

  constructor(
    private readonly policy: PolicyFollower,
    clock: Clock,
  ) {
    this.tokens = new RequestTokens({ now: () => clock.now(), toleranceS: TOLERANCE_S });
  }

  /** @throws PermissionDenied when the caller may not act for this customer; Unauthenticated when the customer has not signed the question */
  async requesterOf(call: Call, input: ConsultInput): Promise<Requester> {
    const caller = institutionOf(call.caller);
    const { customer = caller.enterpriseNumber, requestToken, requestId, ...question } = input;
    const policy = this.policy.policy();
    const institution = policy.institution(customer);
    if (!institution) throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the customer is no member of the network');
    if (!policy.mayActFor(caller, customer))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the customer');
    const { application, certificateHash } = caller;
    const asker = await this.tokens.verify(requestToken, { ...question, customer }, institution.officialKeys, {
      requestId,
      application,
      certificateHash,
    });
    if (asker.kind === 'application') return { caller, customer, official: undefined };
    const { id, role, unit } = asker;
    return { caller, customer, official: { id, role: unit === undefined ? role : `${role} / ${unit}` } };
  }
}

type InstitutionCaller = Extract<Caller, { kind: 'institution' }>;

export const institutionOf = (caller: Caller): InstitutionCaller => {
  if (caller.kind === 'institution') return caller;
  throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for institutions');
};
