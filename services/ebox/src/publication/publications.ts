import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import type { Caller } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { DocumentProviders } from './document-providers.js';
import { MessagePublishing } from './message-publishing.js';
import type { PublishedOutcome } from './message-to-publish.js';
import type { MessageInput } from './new-message.reader.js';
import { Recipients } from './recipients.js';

/** Whichever rpc a message comes by: one that was sent in a stream may be sent again by itself. */
const RPC = PublicationServiceService.publishMessage.path;

/** Publishes messages of document providers. Those that come at the same time are stored together. */
@Injectable()
export class Publications {
  constructor(
    private readonly providers: DocumentProviders,
    private readonly recipients: Recipients,
    private readonly publishing: MessagePublishing,
  ) {}

  /** Durable once it resolves. @throws what refuses the message */
  async publish(caller: Caller, input: MessageInput): Promise<PublishedOutcome> {
    const { requestId, hash, recipient: _, ...message } = input;
    // For each message, as a provider or a representation may end while a long stream is being sent.
    const provider = this.providers.providerOf(caller);
    this.providers.requireSender(caller, message.sender);
    const ownerIds = await this.recipients.idsOf(input);
    const request = { institution: message.sender, rpc: RPC, requestId, hash };
    const [outcome] = await this.publishing.publish([{ ...message, request, provider, ownerIds }]);
    if (outcome === undefined) throw new Error('a message without an outcome');
    if ('refused' in outcome) throw outcome.refused;
    return outcome;
  }
}
