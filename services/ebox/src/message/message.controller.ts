import { Clock } from '@crossroads/configuration';
import {
  type DownloadDocumentResponse,
  type GetMessageResponse,
  type HideMessageResponse,
  type ListMessagesResponse,
  type MarkMessageResponse,
  MessageServiceService,
} from '@crossroads/contracts/ebox/v1/message_service';
import { type Call, GrpcController, PageTokens, requestKey, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { ProviderAvailability } from '../document/provider-availability.js';
import { downloadDocument } from '../document/chunk.codec.js';
import { OpeningJournal } from '../journal/opening-journal.js';
import { Readers } from '../mailbox/readers.js';
import { type ListMessagesInput, ListMessagesPipe } from './list-messages.pipe.js';
import type { ListedMessage } from './message-contents.js';
import { MessageDownloads } from './message-downloads.js';
import { MessageList } from './message-list.js';
import { MessageCommands } from './message.commands.js';
import { messageMessage } from './message.message.js';
import {
  type DownloadDocumentInput,
  DownloadDocumentPipe,
  type GetMessageInput,
  GetMessagePipe,
  type HideMessageInput,
  HideMessagePipe,
  type MarkMessageInput,
  MarkMessagePipe,
} from './message.pipe.js';

/** Mail as its readers see it. The token says who reads; `Readers` says which mailboxes are theirs. */
@GrpcController(MessageServiceService, RPCS.ebox['crossroads.ebox.v1.MessageService'])
@UseGuards(RegisteredKeyGuard)
export class MessageController {
  constructor(
    private readonly readers: Readers,
    private readonly list: MessageList,
    private readonly commands: MessageCommands,
    private readonly downloads: MessageDownloads,
    private readonly journal: OpeningJournal,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
    private readonly availability: ProviderAvailability,
    private readonly clock: Clock,
  ) {}

  @Rpc(MessageServiceService.listMessages, ListMessagesPipe)
  async listMessages(
    { mailbox, pageSize, pageToken, ...of }: ListMessagesInput,
    call: Call,
  ): Promise<ListMessagesResponse> {
    const reader = await this.readers.readerOf(call, mailbox);
    const filters = { ...of, received: { ...of.received }, owner: reader.ownerIds[0], reader: reader.personId };
    const after = this.pageTokens.decode(pageToken, filters, (id) => (typeof id === 'string' ? id : undefined));
    const { messages, next } = await this.list.page(reader.ownerIds, of, { after, limit: pageSize });
    // Only the first page is an opening: the others belong to it.
    if (after === undefined) await this.journal.record({ reader });
    return {
      messages: messages.map((one) => this.shown(one)),
      nextPageToken: next === undefined ? '' : this.pageTokens.encode(next, filters),
    };
  }

  @Rpc(MessageServiceService.getMessage, GetMessagePipe)
  async getMessage({ mailbox, messageId }: GetMessageInput, call: Call): Promise<GetMessageResponse> {
    const reader = await this.readers.readerOf(call, mailbox);
    return { message: this.shown(await this.commands.open(reader, messageId)) };
  }

  @Rpc(MessageServiceService.markMessage, MarkMessagePipe)
  async markMessage(
    { mailbox, messageId, requestId, read }: MarkMessageInput,
    call: Call,
  ): Promise<MarkMessageResponse> {
    const reader = await this.readers.readerOf(call, mailbox);
    await this.commands.apply(reader, messageId, { type: 'Mark', read }, requestKey(call, reader.personId, requestId));
    return {};
  }

  @Rpc(MessageServiceService.hideMessage, HideMessagePipe)
  async hideMessage(
    { mailbox, messageId, requestId, hidden }: HideMessageInput,
    call: Call,
  ): Promise<HideMessageResponse> {
    const reader = await this.readers.readerOf(call, mailbox);
    await this.commands.apply(
      reader,
      messageId,
      { type: 'Hide', hidden },
      requestKey(call, reader.personId, requestId),
    );
    return {};
  }

  @Rpc(downloadDocument, DownloadDocumentPipe)
  async *downloadDocument(input: DownloadDocumentInput, call: Call): AsyncIterable<DownloadDocumentResponse> {
    const reader = await this.readers.readerOf(call, input.mailbox);
    yield* this.downloads.download(reader, input.messageId, input.documentId, call.signal);
  }

  private shown(message: ListedMessage) {
    const now = this.clock.now();
    const isAvailable = (provider: string) => this.availability.isAvailable(provider, now);
    return messageMessage(message, { policy: this.policy.policy(), isAvailable });
  }
}
