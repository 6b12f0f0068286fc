import type {
  ConsultRequest,
  ConsultResponse,
  ExchangeServiceService,
  ReportMutationRequest,
  ReportMutationResponse,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import {
  type Call,
  type Caller,
  type Door,
  PermissionDenied,
  requestKey,
  type Serves,
  Unauthenticated,
} from '@crossroads/grpc';
import { dayOf, type Mode } from '@crossroads/identifiers';
import type { PolicyFollower } from '@crossroads/policy';
import type { Official } from '../consultation/access-record.js';
import { readConsultRequest } from '../consultation/consult-request.js';
import type { Consultations } from '../consultation/consultations.js';
import { readReport } from '../mutations/mutation-request.js';
import type { Mutations } from '../mutations/mutations.js';
import type { OfficialTokens } from '../officials/official-token.js';

/** What the door of the mesh needs. */
export interface ExchangeControllerOptions {
  readonly consultations: Pick<Consultations, 'consult'>;
  readonly mutations: Pick<Mutations, 'report'>;
  readonly policies: Pick<PolicyFollower, 'policy'>;
  readonly tokens: OfficialTokens;
  readonly mode: Mode;
  readonly now: () => Date;
}

/** Says who asks (certificate, representation, token) and what; the rest is elsewhere. */
export class ExchangeController implements Serves<typeof ExchangeServiceService> {
  constructor(private readonly options: ExchangeControllerOptions) {}

  async consult(request: ConsultRequest, call: Call): Promise<ConsultResponse> {
    const asked = readConsultRequest(request, this.door());
    const caller = institutionOf(call.caller);
    const customer = asked.customer ?? caller.enterpriseNumber;
    const official = await this.officialOf(call, caller, customer);
    const key = requestKey(call, customer, asked.requestId);
    return this.options.consultations.consult({ caller, customer, official }, asked, key);
  }

  async reportMutation(request: ReportMutationRequest, call: Call): Promise<ReportMutationResponse> {
    const asked = readReport(request, this.door());
    const caller = institutionOf(call.caller);
    const reporter = asked.reporter ?? caller.enterpriseNumber;
    return this.options.mutations.report(caller, reporter, asked, requestKey(call, reporter, asked.requestId));
  }

  /** @throws PermissionDenied when the caller may not ask for this customer; Unauthenticated for a token that does not hold. */
  private async officialOf(call: Call, caller: InstitutionCaller, customer: string): Promise<Official | undefined> {
    const policy = this.options.policies.policy();
    const institution = policy.institution(customer);
    if (!institution) throw new PermissionDenied('UNKNOWN_INSTITUTION', 'the customer is no member of the network');
    if (!policy.mayActFor(caller, customer))
      throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent the customer');
    const [authorization, second] = call.metadata.get('authorization');
    if (authorization === undefined) return undefined;
    if (second !== undefined || typeof authorization !== 'string')
      throw new Unauthenticated('TOKEN_MALFORMED', 'authorization must be there once, "Bearer <JWT>"');
    const { tokens } = this.options;
    return tokens.officialOf(authorization, {
      institution: customer,
      keys: institution.officialKeys,
      spki: caller.spki,
    });
  }

  private door(): Door {
    return { mode: this.options.mode, today: dayOf(this.options.now()) };
  }
}

type InstitutionCaller = Extract<Caller, { kind: 'institution' }>;

const institutionOf = (caller: Caller): InstitutionCaller => {
  if (caller.kind === 'institution') return caller;
  throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for institutions');
};
