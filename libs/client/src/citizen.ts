import { type Access, AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { CitizenServiceService } from '@crossroads/contracts/person/v1/citizen_service';
import { type Connection, connect, newRequestId } from '@crossroads/grpc';
import { accessAudit, ebox, personRegistry, type ServiceName } from '@crossroads/topology';
import { Mail } from './mail.js';
import type { MeshConnection } from './mesh-addresses.js';

/** The mesh as a citizen sees it, through a front end that has a certificate and signs people in. */
export class Citizen {
  private readonly audit: Connection<typeof AuditServiceService>;
  private readonly numbers: Connection<typeof CitizenServiceService>;
  private readonly mailboxes: Connection<typeof MailboxServiceService>;
  private readonly messages: Connection<typeof MessageServiceService>;

  constructor({
    addresses,
    ...identity
  }: MeshConnection<typeof accessAudit.name | typeof ebox.name | typeof personRegistry.name>) {
    const to = ({ name }: { readonly name: ServiceName }) => ({
      ...identity,
      server: { kind: 'service', name } as const,
      deadlineMs: 10_000,
    });
    this.audit = connect(AuditServiceService, addresses[accessAudit.name], to(accessAudit));
    this.numbers = connect(CitizenServiceService, addresses[personRegistry.name], to(personRegistry));
    this.mailboxes = connect(MailboxServiceService, addresses[ebox.name], {
      ...to(ebox),
      reads: ['listMailboxes', 'listConsents', 'listDelegates'],
    });
    this.messages = connect(MessageServiceService, addresses[ebox.name], {
      ...to(ebox),
      reads: ['listMessages', 'getMessage'],
    });
  }

  /**
   * Who looked, newest first. `token` is the sign-in provider's; it says whose list it is. With an enterprise number: who opened the mail
   * of that enterprise.
   */
  async *accesses(
    token: string,
    { withoutOwn = false, pageSize = 50, enterpriseNumber = '' } = {},
  ): AsyncGenerator<Access> {
    for (let pageToken = ''; ; ) {
      const page = await this.audit.listAccesses(
        { pageSize, pageToken, withoutOwn, enterpriseNumber, filter: undefined },
        { metadata: { authorization: `Bearer ${token}` } },
      );
      yield* page.accesses;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  /** Objects to a proposal about one's own numbers, which stands in the list. `token` is for the registry (see `citizenToken`). */
  async contest(token: string, proposalId: string): Promise<void> {
    const metadata = { authorization: `Bearer ${token}` };
    await this.numbers.contestOwnProposal({ requestId: newRequestId(), proposalId }, { metadata });
  }

  /** Official mail. `token` is for the eBox (see `citizenToken`); without a mailbox, that of the person who is signed in. */
  mail(token: string, mailbox?: MailboxReference): Mail {
    return new Mail({ mailboxes: this.mailboxes, messages: this.messages }, token, mailbox);
  }

  close(): void {
    for (const connection of [this.audit, this.numbers, this.mailboxes, this.messages]) connection.close();
  }
}
