import {
  type ChangePersonResponse,
  type ConfirmProposalResponse,
  type ContestProposalResponse,
  type ImportPersonsRequest,
  type ImportPersonsResponse,
  PersonServiceService,
  type ProposeCancellationResponse,
  type ProposeMergeResponse,
  type RegisterPersonResponse,
  type ReplaceSsinResponse,
  type UnreplaceSsinResponse,
} from '@crossroads/contracts/person/v1/person_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { PersonImports } from '../import/person-imports.js';
import { type FieldGroup, groupsOf } from '../person/facts.js';
import { type Origin, PersonCommands } from '../person/person.commands.js';
import { Reporters } from '../person/reporters.js';
import { type OfficialOrigin, ProposalCommands } from '../proposal/proposal.commands.js';
import {
  type ChangePersonInput,
  ChangePersonPipe,
  type ConfirmProposalInput,
  ConfirmProposalPipe,
  type ContestProposalInput,
  ContestProposalPipe,
  type ProposeMergeInput,
  ProposeMergePipe,
  type RegisterPersonInput,
  RegisterPersonPipe,
  type ReplaceSsinInput,
  ReplaceSsinPipe,
  type SsinInput,
  SsinPipe,
} from './person-requests.pipe.js';
import { NumberReporterGuard, ReporterGuard } from './reporter.guard.js';

/** For institutions that report identification data. */
@GrpcController(PersonServiceService, RPCS['person-registry']['crossroads.person.v1.PersonService'])
@UseGuards(RegisteredKeyGuard, ReporterGuard)
export class PersonController {
  constructor(
    private readonly reporters: Reporters,
    private readonly commands: PersonCommands,
    private readonly proposals: ProposalCommands,
    private readonly imports: PersonImports,
  ) {}

  @Rpc(PersonServiceService.registerPerson, RegisterPersonPipe)
  @UseGuards(NumberReporterGuard)
  async registerPerson({ requestId, number, facts }: RegisterPersonInput, call: Call): Promise<RegisterPersonResponse> {
    const origin = this.originOf(call, requestId, groupsOf(facts));
    return { sourceRevision: await this.commands.register(number, facts, origin) };
  }

  @Rpc(PersonServiceService.changePerson, ChangePersonPipe)
  async changePerson(input: ChangePersonInput, call: Call): Promise<ChangePersonResponse> {
    const { requestId, ssin, facts, expectedSourceRevision } = input;
    const origin = this.originOf(call, requestId, groupsOf(facts));
    return { sourceRevision: await this.commands.change(ssin, facts, origin, expectedSourceRevision) };
  }

  @Rpc(PersonServiceService.replaceSsin, ReplaceSsinPipe)
  @UseGuards(NumberReporterGuard)
  async replaceSsin({ requestId, ssin, replacing }: ReplaceSsinInput, call: Call): Promise<ReplaceSsinResponse> {
    await this.reporters.requireOfficial(call);
    return { sourceRevision: await this.commands.replace(ssin, replacing, this.originOf(call, requestId)) };
  }

  @Rpc(PersonServiceService.unreplaceSsin, SsinPipe)
  @UseGuards(NumberReporterGuard)
  async unreplaceSsin({ requestId, ssin }: SsinInput, call: Call): Promise<UnreplaceSsinResponse> {
    await this.reporters.requireOfficial(call);
    return { sourceRevision: await this.commands.unreplace(ssin, this.originOf(call, requestId)) };
  }

  @Rpc(PersonServiceService.proposeMerge, ProposeMergePipe)
  @UseGuards(NumberReporterGuard)
  async proposeMerge({ requestId, ssin, replacingSsin }: ProposeMergeInput, call: Call): Promise<ProposeMergeResponse> {
    const origin = await this.officialOriginOf(call, requestId);
    return { proposalId: await this.proposals.proposeMerge(ssin, replacingSsin, origin) };
  }

  @Rpc(PersonServiceService.proposeCancellation, SsinPipe)
  @UseGuards(NumberReporterGuard)
  async proposeCancellation({ requestId, ssin }: SsinInput, call: Call): Promise<ProposeCancellationResponse> {
    const origin = await this.officialOriginOf(call, requestId);
    return { proposalId: await this.proposals.proposeCancellation(ssin, origin) };
  }

  @Rpc(PersonServiceService.confirmProposal, ConfirmProposalPipe)
  async confirmProposal(
    { requestId, proposalId, ssin, replacingSsin }: ConfirmProposalInput,
    call: Call,
  ): Promise<ConfirmProposalResponse> {
    const origin = await this.officialOriginOf(call, requestId);
    return { effectiveTime: new Date(await this.proposals.confirm(proposalId, { ssin, replacingSsin }, origin)) };
  }

  @Rpc(PersonServiceService.contestProposal, ContestProposalPipe)
  async contestProposal({ requestId, proposalId }: ContestProposalInput, call: Call): Promise<ContestProposalResponse> {
    await this.proposals.contest(proposalId, await this.officialOriginOf(call, requestId));
    return {};
  }

  @Rpc(PersonServiceService.importPersons, undefined, { lane: 'bulk' })
  @UseGuards(NumberReporterGuard)
  importPersons(requests: AsyncIterable<ImportPersonsRequest>, call: Call): AsyncIterable<ImportPersonsResponse> {
    return this.imports.import(requests, call);
  }

  /** @throws Unauthenticated unless the caller names an official of its own */
  private async officialOriginOf(call: Call, requestId: string): Promise<OfficialOrigin> {
    const by = await this.reporters.requireOfficial(call);
    return { request: requestKey(call, by.reporter, requestId), by };
  }

  /** @throws PermissionDenied unless the caller reports these groups */
  private originOf(call: Call, requestId: string, groups: readonly FieldGroup[] = []): Origin {
    const reporter = this.reporters.requireGroups(call.caller, groups);
    return { request: requestKey(call, reporter, requestId), reporter };
  }
}
