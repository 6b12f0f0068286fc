import {
  type Consent,
  type Delegate,
  Language,
  type Mailbox,
  type MailboxServiceService,
  type Preferences,
} from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MailboxReference, Message } from '@crossroads/contracts/ebox/v1/message';
import {
  type DownloadHeader,
  ListMessagesRequest,
  type MessageServiceService,
} from '@crossroads/contracts/ebox/v1/message_service';
import type { Period } from '@crossroads/contracts/time/v1/period';
import { type CallOptions, type Calls, newRequestId } from '@crossroads/grpc';
import { saveDocument } from './document-file.js';

export interface MailServices {
  readonly mailboxes: Calls<typeof MailboxServiceService>;
  readonly messages: Calls<typeof MessageServiceService>;
}

/** What to list; what is absent asks for all. */
export type MessageFilter = Partial<Omit<ListMessagesRequest, 'mailbox' | 'pageToken'>>;

export interface NewDelegate {
  readonly ssin: string;
  /** The owner's own name for it, which the delegate sees. */
  readonly label: string;
  /** @default from today on, without end */
  readonly period?: Period;
}

/**
 * One mailbox, as somebody who is signed in reads it; made by `Citizen.mail`. Each opening is in the access log of the owner. A write can be
 * repeated under the `requestId` that it was given.
 */
export class Mail {
  private readonly options: CallOptions;

  constructor(
    private readonly services: MailServices,
    token: string,
    private readonly mailbox: MailboxReference | undefined,
  ) {
    this.options = { metadata: { authorization: `Bearer ${token}` } };
  }

  /** All that the person may read: their own first. */
  async mailboxes(): Promise<readonly Mailbox[]> {
    return (await this.services.mailboxes.listMailboxes({}, this.options)).mailboxes;
  }

  /** Lets senders use the mailbox instead of paper. @returns the id of the mailbox, which the first consent opens */
  async giveConsent(
    channel: string,
    { language = Language.LANGUAGE_UNSPECIFIED, requestId = newRequestId() } = {},
  ): Promise<string> {
    const request = { requestId, mailbox: this.mailbox, channel, language };
    return (await this.services.mailboxes.giveConsent(request, this.options)).mailboxId;
  }

  /** @returns whether another channel still has a consent */
  async withdrawConsent(channel: string, requestId = newRequestId()): Promise<boolean> {
    const request = { requestId, mailbox: this.mailbox, channel };
    return (await this.services.mailboxes.withdrawConsent(request, this.options)).consented;
  }

  /** Every consent and withdrawal, newest first. */
  async *consents(pageSize = 100): AsyncGenerator<Consent> {
    for (let pageToken = ''; ; ) {
      const request = { mailbox: this.mailbox, pageSize, pageToken };
      const page = await this.services.mailboxes.listConsents(request, this.options);
      yield* page.consents;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  /** Replaces them all. */
  async changePreferences(preferences: Preferences, requestId = newRequestId()): Promise<void> {
    await this.services.mailboxes.changePreferences({ requestId, mailbox: this.mailbox, preferences }, this.options);
  }

  /** @returns the id of the delegation */
  async addDelegate({ ssin, label, period }: NewDelegate, requestId = newRequestId()): Promise<string> {
    const request = { requestId, mailbox: this.mailbox, ssin, label, period };
    return (await this.services.mailboxes.addDelegate(request, this.options)).delegationId;
  }

  async removeDelegate(delegationId: string, requestId = newRequestId()): Promise<void> {
    await this.services.mailboxes.removeDelegate({ requestId, mailbox: this.mailbox, delegationId }, this.options);
  }

  /** Also those that ended. */
  async delegates(): Promise<readonly Delegate[]> {
    return (await this.services.mailboxes.listDelegates({ mailbox: this.mailbox }, this.options)).delegates;
  }

  /** Newest first. */
  async *messages(filter: MessageFilter = {}): AsyncGenerator<Message> {
    const request = { ...ListMessagesRequest.create(), ...filter, mailbox: this.mailbox };
    for (let pageToken = ''; ; ) {
      const page = await this.services.messages.listMessages({ ...request, pageToken }, this.options);
      yield* page.messages;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  /** Opens a message: it counts as read from then on. */
  async open(messageId: string): Promise<Message | undefined> {
    return (await this.services.messages.getMessage({ mailbox: this.mailbox, messageId }, this.options)).message;
  }

  async mark(messageId: string, read: boolean, requestId = newRequestId()): Promise<void> {
    await this.services.messages.markMessage({ requestId, mailbox: this.mailbox, messageId, read }, this.options);
  }

  async hide(messageId: string, hidden: boolean, requestId = newRequestId()): Promise<void> {
    await this.services.messages.hideMessage({ requestId, mailbox: this.mailbox, messageId, hidden }, this.options);
  }

  /**
   * Writes a document to a file. A file of that name is replaced, but only once the document has arrived whole and unchanged; until then
   * there is nothing under that name.
   * @param to the path, or how to choose it by what comes
   * @throws RemoteError; BadDocument
   */
  download(
    { messageId, documentId }: { readonly messageId: string; readonly documentId: string },
    to: string | ((header: DownloadHeader) => string),
    signal?: AbortSignal,
  ): Promise<DownloadHeader> {
    const request = { mailbox: this.mailbox, messageId, documentId };
    const parts = this.services.messages.downloadDocument(request, { ...this.options, ...(signal ? { signal } : {}) });
    return saveDocument(parts, typeof to === 'string' ? () => to : to);
  }
}
