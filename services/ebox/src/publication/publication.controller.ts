import {
  type ListMessageStatesResponse,
  type ListMessageTypesResponse,
  type ListProviderEventsResponse,
  PublicationServiceService,
  type PublishMessageResponse,
  type PublishMessagesRequest,
  type PublishMessagesResponse,
  type UploadDocumentRequest,
  type UploadDocumentResponse,
} from '@crossroads/contracts/ebox/v1/publication_service';
import { type Call, GrpcController, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { Uploads } from '../document/uploads.js';
import { ProviderEventList } from '../provider-event/provider-event-list.js';
import { DocumentProviderGuard } from './document-provider.guard.js';
import { DocumentProviders } from './document-providers.js';
import { type ListMessageStatesInput, ListMessageStatesPipe } from './list-message-states.pipe.js';
import { type ListProviderEventsInput, ListProviderEventsPipe } from './list-provider-events.pipe.js';
import { MessageStates } from './message-states.js';
import { MessageStream } from './message-stream.js';
import { MessageTypes } from './message-types.js';
import type { MessageInput } from './new-message.reader.js';
import { counted } from './publication-metrics.js';
import { Publications } from './publications.js';
import { PublishMessagePipe } from './publish-message.pipe.js';

/** For document providers. */
@GrpcController(PublicationServiceService, RPCS.ebox['crossroads.ebox.v1.PublicationService'])
@UseGuards(RegisteredKeyGuard, DocumentProviderGuard)
export class PublicationController {
  constructor(
    private readonly providers: DocumentProviders,
    private readonly publications: Publications,
    private readonly stream: MessageStream,
    private readonly uploads: Uploads,
    private readonly states: MessageStates,
    private readonly events: ProviderEventList,
    private readonly types: MessageTypes,
  ) {}

  @Rpc(PublicationServiceService.publishMessage, PublishMessagePipe)
  async publishMessage(input: MessageInput, { caller }: Call): Promise<PublishMessageResponse> {
    return counted(() => this.publications.publish(caller, input));
  }

  @Rpc(PublicationServiceService.publishMessages, undefined, { lane: 'bulk' })
  publishMessages(requests: AsyncIterable<PublishMessagesRequest>, call: Call): AsyncIterable<PublishMessagesResponse> {
    return this.stream.publish(requests, call);
  }

  @Rpc(PublicationServiceService.uploadDocument)
  async uploadDocument(parts: AsyncIterable<UploadDocumentRequest>, { caller }: Call): Promise<UploadDocumentResponse> {
    return { documentId: await this.uploads.take(parts, this.providers.providerOf(caller)) };
  }

  @Rpc(PublicationServiceService.listMessageStates, ListMessageStatesPipe, { lane: 'batch' })
  async listMessageStates(
    { sender, originalMessageIds }: ListMessageStatesInput,
    { caller }: Call,
  ): Promise<ListMessageStatesResponse> {
    const provider = this.providers.providerOf(caller);
    if (sender !== undefined) this.providers.requireSender(caller, sender);
    return { states: await this.states.of(provider, sender ?? provider, originalMessageIds) };
  }

  @Rpc(PublicationServiceService.listProviderEvents, ListProviderEventsPipe, { lane: 'batch' })
  async listProviderEvents(
    { afterEventSequenceNbr, pageSize }: ListProviderEventsInput,
    { caller }: Call,
  ): Promise<ListProviderEventsResponse> {
    return this.events.page(this.providers.providerOf(caller), afterEventSequenceNbr, pageSize);
  }

  @Rpc(PublicationServiceService.listMessageTypes)
  async listMessageTypes(): Promise<ListMessageTypesResponse> {
    return { messageTypes: this.types.all };
  }
}
