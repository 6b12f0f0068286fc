import {
  type ConsultResponse,
  ExchangeServiceService,
  type ReportMutationResponse,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { type ConsultInput, ConsultPipe } from '../consultation/consult.pipe.js';
import { Consultations } from '../consultation/consultations.js';
import { MutationCommands } from '../mutation/mutation.commands.js';
import { type ReportMutationInput, ReportMutationPipe } from '../mutation/report-mutation.pipe.js';
import { institutionOf, Requesters } from './requesters.js';

@GrpcController(ExchangeServiceService, RPCS.exchange['crossroads.exchange.v1.ExchangeService'])
@UseGuards(RegisteredKeyGuard)
export class ExchangeController {
  constructor(
    private readonly requesters: Requesters,
    private readonly consultations: Consultations,
    private readonly mutations: MutationCommands,
  ) {}

  @Rpc(ExchangeServiceService.consult, ConsultPipe)
  async consult(input: ConsultInput, call: Call): Promise<ConsultResponse> {
    const requester = await this.requesters.requesterOf(call, input);
    return this.consultations.consult(requester, input, requestKey(call, requester.customer, input.requestId));
  }

  @Rpc(ExchangeServiceService.reportMutation, ReportMutationPipe)
  async reportMutation(input: ReportMutationInput, call: Call): Promise<ReportMutationResponse> {
    const reporter = input.reporter ?? institutionOf(call.caller).enterpriseNumber;
    return this.mutations.report(call.caller, reporter, input, requestKey(call, reporter, input.requestId));
  }
}
