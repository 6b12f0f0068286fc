import {
  type AddDelegateResponse,
  type ChangePreferencesResponse,
  type GiveConsentResponse,
  type ListConsentsResponse,
  type ListDelegatesResponse,
  type ListMailboxesRequest,
  type ListMailboxesResponse,
  MailboxServiceService,
  type RemoveDelegateResponse,
  type WithdrawConsentResponse,
} from '@crossroads/contracts/ebox/v1/mailbox_service';
import { type Call, GrpcController, PageTokens, requestKey, Rpc } from '@crossroads/grpc';
import { RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { type ChangePreferencesInput, ChangePreferencesPipe } from './change-preferences.pipe.js';
import {
  type GiveConsentInput,
  GiveConsentPipe,
  type WithdrawConsentInput,
  WithdrawConsentPipe,
} from './consent.pipe.js';
import { ConsentRepository } from './consent.repository.js';
import { DelegateCommands } from './delegate.commands.js';
import {
  type AddDelegateInput,
  AddDelegatePipe,
  type ListDelegatesInput,
  ListDelegatesPipe,
  type RemoveDelegateInput,
  RemoveDelegatePipe,
} from './delegate.pipe.js';
import { type ListConsentsInput, ListConsentsPipe } from './list-consents.pipe.js';
import { MailboxList } from './mailbox-list.js';
import { MailboxCommands } from './mailbox.commands.js';
import { consentMessage } from './mailbox.message.js';
import { Readers } from './readers.js';

/** Mailboxes as their owners manage them. The token says who is signed in; `Readers` says which mailboxes are theirs. */
@GrpcController(MailboxServiceService, RPCS.ebox['crossroads.ebox.v1.MailboxService'])
@UseGuards(RegisteredKeyGuard)
export class MailboxController {
  constructor(
    private readonly readers: Readers,
    private readonly list: MailboxList,
    private readonly commands: MailboxCommands,
    private readonly delegates: DelegateCommands,
    private readonly consents: ConsentRepository,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(MailboxServiceService.listMailboxes)
  async listMailboxes(_request: ListMailboxesRequest, call: Call): Promise<ListMailboxesResponse> {
    return { mailboxes: await this.list.of(await this.readers.readersOf(call)) };
  }

  @Rpc(MailboxServiceService.giveConsent, GiveConsentPipe)
  async giveConsent({ mailbox, requestId, ...consent }: GiveConsentInput, call: Call): Promise<GiveConsentResponse> {
    const reader = await this.readers.managerOf(call, mailbox);
    const request = requestKey(call, reader.personId, requestId);
    return { mailboxId: await this.commands.giveConsent(reader, consent, request) };
  }

  @Rpc(MailboxServiceService.withdrawConsent, WithdrawConsentPipe)
  async withdrawConsent(
    { mailbox, requestId, channel }: WithdrawConsentInput,
    call: Call,
  ): Promise<WithdrawConsentResponse> {
    const reader = await this.readers.managerOf(call, mailbox);
    const request = requestKey(call, reader.personId, requestId);
    return { consented: await this.commands.withdrawConsent(reader, channel, request) };
  }

  @Rpc(MailboxServiceService.listConsents, ListConsentsPipe)
  async listConsents({ mailbox, pageSize, pageToken }: ListConsentsInput, call: Call): Promise<ListConsentsResponse> {
    const { ownerIds } = await this.readers.managerOf(call, mailbox);
    const filters = { owner: ownerIds[0] };
    const before = this.pageTokens.decode(pageToken, filters, (position) =>
      typeof position === 'string' ? BigInt(position) : undefined,
    );
    const rows = await this.consents.page(ownerIds, before, pageSize + 1);
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    return {
      consents: page.map(consentMessage),
      nextPageToken: rows.length > page.length && last ? this.pageTokens.encode(String(last.position), filters) : '',
    };
  }

  @Rpc(MailboxServiceService.changePreferences, ChangePreferencesPipe)
  async changePreferences(
    { mailbox, requestId, preferences }: ChangePreferencesInput,
    call: Call,
  ): Promise<ChangePreferencesResponse> {
    const reader = await this.readers.managerOf(call, mailbox);
    await this.commands.changePreferences(reader, preferences, requestKey(call, reader.personId, requestId));
    return {};
  }

  @Rpc(MailboxServiceService.addDelegate, AddDelegatePipe)
  async addDelegate({ mailbox, requestId, ...delegate }: AddDelegateInput, call: Call): Promise<AddDelegateResponse> {
    const reader = await this.readers.managerOf(call, mailbox);
    const request = requestKey(call, reader.personId, requestId);
    return { delegationId: await this.delegates.add(reader, delegate, request) };
  }

  @Rpc(MailboxServiceService.removeDelegate, RemoveDelegatePipe)
  async removeDelegate(
    { mailbox, requestId, delegationId }: RemoveDelegateInput,
    call: Call,
  ): Promise<RemoveDelegateResponse> {
    const reader = await this.readers.managerOf(call, mailbox);
    await this.delegates.remove(reader, delegationId, requestKey(call, reader.personId, requestId));
    return {};
  }

  @Rpc(MailboxServiceService.listDelegates, ListDelegatesPipe)
  async listDelegates({ mailbox }: ListDelegatesInput, call: Call): Promise<ListDelegatesResponse> {
    return { delegates: await this.list.delegatesOf(await this.readers.managerOf(call, mailbox)) };
  }
}
