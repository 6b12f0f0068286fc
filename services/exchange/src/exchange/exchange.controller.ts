import {
  type ConsultResponse,
  ExchangeServiceService,
  type ReportMutationResponse,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import { type Call, GrpcController, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import type { AskedConsultation } from '../consultation/consult-request.js';
import { ConsultRequestPipe } from '../consultation/consult-request.pipe.js';
import { Consultations } from '../consultation/consultations.js';
import type { AskedReport } from '../mutations/mutation-request.js';
import { MutationReportPipe } from '../mutations/mutation-report.pipe.js';
import { Mutations } from '../mutations/mutations.js';
import { Askers, institutionOf } from './askers.js';

/** The door of the exchange: who asks, and for whom; the rest is elsewhere. */
@GrpcController(ExchangeServiceService, RPCS.exchange['crossroads.exchange.v1.ExchangeService'])
@UseGuards(RegisteredKeyGuard)
export class ExchangeController {
  constructor(
    private readonly askers: Askers,
    private readonly consultations: Consultations,
    private readonly mutations: Mutations,
  ) {}

  @Rpc(ExchangeServiceService.consult, ConsultRequestPipe)
  async consult(asked: AskedConsultation, call: Call): Promise<ConsultResponse> {
    const asker = await this.askers.asker(call, asked.customer);
    return this.consultations.consult(asker, asked, requestKey(call, asker.customer, asked.requestId));
  }

  @Rpc(ExchangeServiceService.reportMutation, MutationReportPipe)
  async reportMutation(asked: AskedReport, call: Call): Promise<ReportMutationResponse> {
    const reporter = asked.reporter ?? institutionOf(call.caller).enterpriseNumber;
    return this.mutations.report(call.caller, reporter, asked, requestKey(call, reporter, asked.requestId));
  }
}
