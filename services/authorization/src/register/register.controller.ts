import {
  type GetPublishedDeliberationResponse,
  type GetVocabularyResponse,
  RegisterServiceService,
  type SearchDeliberationsResponse,
} from '@crossroads/contracts/authorization/v1/register_service';
import { GrpcController, Rpc } from '@crossroads/grpc';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { LivePolicyKeyGuard } from '../policy/live-policy-key.guard.js';
import { PublishedDeliberations } from './published-deliberations.js';
import {
  type GetPublishedDeliberationInput,
  GetPublishedDeliberationPipe,
  type GetVocabularyInput,
  GetVocabularyPipe,
  type SearchDeliberationsInput,
  SearchDeliberationsPipe,
} from './register.pipe.js';
import { Vocabulary } from './vocabulary.js';

@GrpcController(RegisterServiceService, RPCS.authorization['crossroads.authorization.v1.RegisterService'])
@UseGuards(LivePolicyKeyGuard)
export class RegisterController {
  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly deliberations: PublishedDeliberations,
  ) {}

  @Rpc(RegisterServiceService.getVocabulary, GetVocabularyPipe)
  async getVocabulary({ policyRevision }: GetVocabularyInput): Promise<GetVocabularyResponse> {
    return this.vocabulary.since(policyRevision);
  }

  @Rpc(RegisterServiceService.searchDeliberations, SearchDeliberationsPipe)
  async searchDeliberations(input: SearchDeliberationsInput): Promise<SearchDeliberationsResponse> {
    return this.deliberations.search(input);
  }

  @Rpc(RegisterServiceService.getPublishedDeliberation, GetPublishedDeliberationPipe)
  async getPublishedDeliberation({
    deliberationId,
  }: GetPublishedDeliberationInput): Promise<GetPublishedDeliberationResponse> {
    return { deliberation: this.deliberations.get(deliberationId) };
  }
}
