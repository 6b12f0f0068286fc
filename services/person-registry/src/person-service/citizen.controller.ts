import {
  CitizenServiceService,
  type ContestOwnProposalRequest,
  type ContestOwnProposalResponse,
  type GetOwnPersonRequest,
  type GetOwnPersonResponse,
} from '@crossroads/contracts/person/v1/citizen_service';
import { type Call, fields, GrpcController, parseRequest, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { CitizenTokens } from '@crossroads/sign-in';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { unknownSsin } from '../number/number.decider.js';
import { Numbers } from '../number/numbers.js';
import { ProposalCommands } from '../proposal/proposal.commands.js';
import { OwnPersons } from './own-persons.js';

const contestOwnProposal = fields.message({ requestId: fields.requestId, proposalId: fields.uuid });

/** For the persons themselves. The token says who it is, and no field of a request can say otherwise. */
@GrpcController(CitizenServiceService, RPCS['person-registry']['crossroads.person.v1.CitizenService'])
@UseGuards(RegisteredKeyGuard)
export class CitizenController {
  constructor(
    private readonly tokens: CitizenTokens,
    private readonly numbers: Numbers,
    private readonly proposals: ProposalCommands,
    private readonly ownPersons: OwnPersons,
  ) {}

  @Rpc(CitizenServiceService.getOwnPerson)
  async getOwnPerson(_request: GetOwnPersonRequest, call: Call): Promise<GetOwnPersonResponse> {
    return this.ownPersons.get(await this.tokens.signedIn(call));
  }

  @Rpc(CitizenServiceService.contestOwnProposal)
  async contestOwnProposal(request: ContestOwnProposalRequest, call: Call): Promise<ContestOwnProposalResponse> {
    const { requestId, proposalId } = parseRequest(contestOwnProposal, request);
    const { ssin, portal } = await this.tokens.signedIn(call);
    const { state } = await this.numbers.find(ssin);
    if (state.status === 'absent') throw unknownSsin();
    // Whose the number was before persons became one: one who was merged away objects, too.
    const { ownPersonId: personId } = state;
    const by = { portal: portal.enterpriseNumber, personId };
    await this.proposals.contest(proposalId, { request: requestKey(call, personId, requestId), by });
    return {};
  }
}
