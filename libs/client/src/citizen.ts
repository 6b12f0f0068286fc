import { type Access, AccessFilter, AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { CitizenServiceService as DirectoryCitizenServiceService } from '@crossroads/contracts/directory/v1/citizen_service';
import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { MailboxReference } from '@crossroads/contracts/ebox/v1/message';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { CitizenServiceService, type GetOwnPersonResponse } from '@crossroads/contracts/person/v1/citizen_service';
import { type Connection, connect, newRequestId } from '@crossroads/grpc';
import { accessAudit, ebox, personRegistry, referenceDirectory, type ServiceName } from '@crossroads/topology';
import { Mail } from './mail.js';
import type { MeshConnection } from './mesh-addresses.js';

/** Which lines of a list: see `AccessFilter` in the contract. */
export interface AccessesOf {
  /** Without one's own looks. */
  readonly withoutOwn?: boolean;
  readonly pageSize?: number;
  /** Of an enterprise instead of the own list. */
  readonly enterpriseNumber?: string;
  readonly filter?: Partial<AccessFilter>;
}

/** The mesh as a citizen sees it, through a front end that has a certificate and signs people in. */
export class Citizen {
  private readonly audit: Connection<typeof AuditServiceService>;
  private readonly numbers: Connection<typeof CitizenServiceService>;
  private readonly inscriptions: Connection<typeof DirectoryCitizenServiceService>;
  private readonly mailboxes: Connection<typeof MailboxServiceService>;
  private readonly messages: Connection<typeof MessageServiceService>;

  constructor({
    addresses,
    ...identity
  }: MeshConnection<
    typeof accessAudit.name | typeof ebox.name | typeof personRegistry.name | typeof referenceDirectory.name
  >) {
    const to = ({ name }: { readonly name: ServiceName }) => ({
      ...identity,
      server: { kind: 'service', name } as const,
      deadlineMs: 10_000,
    });
    this.audit = connect(AuditServiceService, addresses[accessAudit.name], to(accessAudit));
    this.numbers = connect(CitizenServiceService, addresses[personRegistry.name], to(personRegistry));
    this.inscriptions = connect(
      DirectoryCitizenServiceService,
      addresses[referenceDirectory.name],
      to(referenceDirectory),
    );
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
    { withoutOwn = false, pageSize = 50, enterpriseNumber = '', filter: wanted }: AccessesOf = {},
  ): AsyncGenerator<Access> {
    const filter = wanted && AccessFilter.fromPartial(wanted);
    for (let pageToken = ''; ; ) {
      const page = await this.audit.listAccesses(
        { pageSize, pageToken, withoutOwn, enterpriseNumber, filter },
        bearing(token),
      );
      yield* page.accesses;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  /** One line of the list, by its `journal_id`. */
  async access(token: string, journalId: string, enterpriseNumber = ''): Promise<Access | undefined> {
    const { access } = await this.audit.getAccess({ journalId, enterpriseNumber }, bearing(token));
    return access;
  }

  /** What the registry keeps about whoever is signed in. `token` is for the registry. */
  ownPerson(token: string): Promise<GetOwnPersonResponse> {
    return this.numbers.getOwnPerson({}, bearing(token));
  }

  /** Who has, or had, a file on whoever is signed in. `token` is for the reference directory. */
  async *ownInscriptions(token: string, pageSize = 100): AsyncGenerator<Inscription> {
    for (let pageToken = ''; ; ) {
      const page = await this.inscriptions.listOwnInscriptions({ pageSize, pageToken }, bearing(token));
      yield* page.inscriptions;
      if (page.nextPageToken === '') return;
      pageToken = page.nextPageToken;
    }
  }

  /** Objects to a proposal about one's own numbers, which stands in the list. `token` is for the registry (see `demoSignIn`). */
  async contest(token: string, proposalId: string): Promise<void> {
    await this.numbers.contestOwnProposal({ requestId: newRequestId(), proposalId }, bearing(token));
  }

  /** Official mail. `token` is for the eBox (see `demoSignIn`); without a mailbox, that of the person who is signed in. */
  mail(token: string, mailbox?: MailboxReference): Mail {
    return new Mail({ mailboxes: this.mailboxes, messages: this.messages }, token, mailbox);
  }

  close(): void {
    for (const connection of [this.audit, this.numbers, this.inscriptions, this.mailboxes, this.messages])
      connection.close();
  }
}

const bearing = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } });
