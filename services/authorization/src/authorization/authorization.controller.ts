import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import {
  type AcceptPolicyForkResponse,
  AuthorizationServiceService,
  type CheckResponse,
  type ConfirmPolicyResponse,
  type GetDeliberationResponse,
  type ListDataServicesResponse,
  type ListDeliberationsResponse,
  type WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import type { PolicyHead } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { type CheckInput, CheckPipe } from '../check/check.pipe.js';
import { PolicyCheck } from '../check/policy-check.js';
import { DataServiceList } from '../data-service/data-service-list.js';
import {
  type ListDataServicesInput,
  ListDataServicesPipe,
  type RegisterDataServiceInput,
  RegisterDataServicePipe,
} from '../data-service/data-service.pipe.js';
import { DeliberationList } from '../deliberation/deliberation-list.js';
import {
  type DecideDeliberationInput,
  DecideDeliberationPipe,
  type GetDeliberationInput,
  GetDeliberationPipe,
  type ListDeliberationsInput,
  ListDeliberationsPipe,
  type RevokeDeliberationInput,
  RevokeDeliberationPipe,
  type SubmitDeliberationInput,
  SubmitDeliberationPipe,
} from '../deliberation/deliberation.pipe.js';
import {
  type RegisterDocumentProviderInput,
  RegisterDocumentProviderPipe,
} from '../document-provider/document-provider.pipe.js';
import { type GrantInscriptionsInput, GrantInscriptionsPipe } from '../inscription-grant/inscription-grant.pipe.js';
import {
  type RegisterApplicationInput,
  type AcceptRepresentationInput,
  AcceptRepresentationPipe,
  type WithdrawRepresentationInput,
  WithdrawRepresentationPipe,
  RegisterApplicationPipe,
  type RegisterInstitutionInput,
  RegisterInstitutionPipe,
  type RegisterSignInProviderInput,
  RegisterSignInProviderPipe,
  type WithdrawKeyInput,
  WithdrawKeyPipe,
} from '../institution/institution.pipe.js';
import { type AcceptForkInput, AcceptForkPipe } from '../fork/accept-fork.pipe.js';
import { ForkAcceptance } from '../fork/fork-acceptance.js';
import { LivePolicyKeyGuard } from '../policy/live-policy-key.guard.js';
import { LivePolicy } from '../policy/live-policy.js';
import { type PolicyAnswer, PolicyCommands } from '../policy/policy.commands.js';
import type { Actor, PolicyCommand } from '../policy/policy.decider.js';
import { type Viewer, viewerOf } from '../policy/viewer.js';
import { type RegisterTermsInput, RegisterTermsPipe } from '../term/term.pipe.js';
import { PolicyWatch, type WatchInput } from '../watch/policy-watch.js';
import { ConfirmPolicyPipe, WatchPipe } from '../watch/watch.pipe.js';

@GrpcController(AuthorizationServiceService, RPCS.authorization['crossroads.authorization.v1.AuthorizationService'])
@UseGuards(LivePolicyKeyGuard)
export class AuthorizationController {
  constructor(
    private readonly commands: PolicyCommands,
    private readonly live: LivePolicy,
    private readonly deliberations: DeliberationList,
    private readonly dataServices: DataServiceList,
    private readonly policyCheck: PolicyCheck,
    private readonly policyWatch: PolicyWatch,
    private readonly forkAcceptance: ForkAcceptance,
    private readonly clock: Clock,
  ) {}

  @Rpc(AuthorizationServiceService.registerInstitution, RegisterInstitutionPipe)
  registerInstitution(input: RegisterInstitutionInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterInstitution', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.acceptRepresentation, AcceptRepresentationPipe)
  acceptRepresentation(input: AcceptRepresentationInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'AcceptRepresentation', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.withdrawRepresentation, WithdrawRepresentationPipe)
  withdrawRepresentation(input: WithdrawRepresentationInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'WithdrawRepresentation', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.registerApplication, RegisterApplicationPipe)
  registerApplication(input: RegisterApplicationInput, call: Call): Promise<PolicyAnswer> {
    const time = this.clock.now().toISOString();
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterApplication', ...fields, time, actor }));
  }

  @Rpc(AuthorizationServiceService.withdrawKey, WithdrawKeyPipe)
  withdrawKey(input: WithdrawKeyInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'WithdrawKey', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.registerDataService, RegisterDataServicePipe)
  registerDataService(input: RegisterDataServiceInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterDataService', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.registerSignInProvider, RegisterSignInProviderPipe)
  registerSignInProvider(input: RegisterSignInProviderInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterSignInProvider', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.registerDocumentProvider, RegisterDocumentProviderPipe)
  registerDocumentProvider(input: RegisterDocumentProviderInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterDocumentProvider', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.registerTerms, RegisterTermsPipe)
  registerTerms(input: RegisterTermsInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'RegisterTerms', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.grantInscriptions, GrantInscriptionsPipe)
  grantInscriptions(input: GrantInscriptionsInput, call: Call): Promise<PolicyAnswer> {
    return this.execute(call, input, (actor, fields) => ({ type: 'GrantInscriptions', ...fields, actor }));
  }

  @Rpc(AuthorizationServiceService.submitDeliberation, SubmitDeliberationPipe)
  submitDeliberation(input: SubmitDeliberationInput, call: Call): Promise<PolicyAnswer> {
    const deliberationId = randomUUID();
    return this.execute(call, input, (actor, { draft }) => ({
      type: 'SubmitDeliberation',
      draft: { ...draft, deliberationId },
      actor,
    }));
  }

  @Rpc(AuthorizationServiceService.decideDeliberation, DecideDeliberationPipe)
  decideDeliberation(input: DecideDeliberationInput, call: Call): Promise<PolicyAnswer> {
    const time = this.clock.now().toISOString();
    return this.execute(call, input, (actor, fields) => ({ type: 'DecideDeliberation', ...fields, time, actor }));
  }

  @Rpc(AuthorizationServiceService.revokeDeliberation, RevokeDeliberationPipe)
  revokeDeliberation(input: RevokeDeliberationInput, call: Call): Promise<PolicyAnswer> {
    const time = this.clock.now().toISOString();
    return this.execute(call, input, (actor, fields) => ({ type: 'RevokeDeliberation', ...fields, time, actor }));
  }

  @Rpc(AuthorizationServiceService.getDeliberation, GetDeliberationPipe)
  async getDeliberation({ deliberationId }: GetDeliberationInput, call: Call): Promise<GetDeliberationResponse> {
    return { deliberation: this.deliberations.get(this.viewer(call), deliberationId) };
  }

  @Rpc(AuthorizationServiceService.listDeliberations, ListDeliberationsPipe)
  async listDeliberations(input: ListDeliberationsInput, call: Call): Promise<ListDeliberationsResponse> {
    return this.deliberations.page(this.viewer(call), input);
  }

  @Rpc(AuthorizationServiceService.listDataServices, ListDataServicesPipe)
  async listDataServices(input: ListDataServicesInput): Promise<ListDataServicesResponse> {
    return this.dataServices.page(input);
  }

  @Rpc(AuthorizationServiceService.check, CheckPipe)
  async check(input: CheckInput, call: Call): Promise<CheckResponse> {
    return this.policyCheck.check(this.viewer(call), input);
  }

  @Rpc(AuthorizationServiceService.watch, WatchPipe, { endless: true })
  watch(input: WatchInput, { caller, signal }: Call): AsyncIterable<WatchResponse> {
    return this.policyWatch.watch(input, nameOf(caller), signal);
  }

  // Endless like a watch: it waits for the next commit, and is of no use once the server stops.
  @Rpc(AuthorizationServiceService.confirmPolicy, ConfirmPolicyPipe, { endless: true })
  confirmPolicy(held: PolicyHead, { caller, signal }: Call): Promise<ConfirmPolicyResponse> {
    return this.policyWatch.confirm(held, nameOf(caller), signal);
  }

  @Rpc(AuthorizationServiceService.acceptPolicyFork, AcceptForkPipe)
  acceptPolicyFork({ requestId, policyRevision }: AcceptForkInput, call: Call): Promise<AcceptPolicyForkResponse> {
    const actor = actorOf(call);
    return this.forkAcceptance.accept(policyRevision, actor, requestKey(call, actor.enterpriseNumber, requestId));
  }

  private execute<Input extends { readonly requestId: string }>(
    call: Call,
    input: Input,
    commandOf: (actor: Actor, fields: Omit<Input, 'requestId'>) => PolicyCommand,
  ): Promise<PolicyAnswer> {
    const actor = actorOf(call);
    const { requestId, ...fields } = input;
    return this.commands.execute(commandOf(actor, fields), requestKey(call, actor.enterpriseNumber, requestId));
  }

  private viewer({ caller }: Call): Viewer {
    return viewerOf(caller, this.live.index);
  }
}

/** For the log of whoever holds a lost head. */
const nameOf = (caller: Call['caller']): string => (caller.kind === 'service' ? caller.name : caller.enterpriseNumber);

const actorOf = ({ caller }: Call): Actor => {
  if (caller.kind !== 'institution') throw new TypeError('only institutions are admitted to this rpc');
  return caller;
};
