import {
  CitizenServiceService,
  type ListOwnInscriptionsRequest,
  type ListOwnInscriptionsResponse,
} from '@crossroads/contracts/directory/v1/citizen_service';
import { type Call, fields, GrpcController, parseRequest, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { CitizenTokens } from '@crossroads/sign-in';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { OwnInscriptions } from '../inscription/own-inscriptions.js';

const listOwnInscriptions = fields.message({ pageSize: fields.pageSize() });

/** For the persons themselves. The token says who it is, and no field of a request can say otherwise. */
@GrpcController(CitizenServiceService, RPCS['reference-directory']['crossroads.directory.v1.CitizenService'])
@UseGuards(RegisteredKeyGuard)
export class CitizenController {
  constructor(
    private readonly tokens: CitizenTokens,
    private readonly inscriptions: OwnInscriptions,
  ) {}

  @Rpc(CitizenServiceService.listOwnInscriptions)
  async listOwnInscriptions(request: ListOwnInscriptionsRequest, call: Call): Promise<ListOwnInscriptionsResponse> {
    const { pageSize } = parseRequest(listOwnInscriptions, request);
    return this.inscriptions.list(await this.tokens.signedIn(call), { pageSize, pageToken: request.pageToken });
  }
}
