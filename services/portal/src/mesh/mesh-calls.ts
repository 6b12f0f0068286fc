import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { FiguresServiceService } from '@crossroads/contracts/audit/v1/figures_service';
import { RegisterServiceService } from '@crossroads/contracts/authorization/v1/register_service';
import { CitizenServiceService as DirectoryCitizenServiceService } from '@crossroads/contracts/directory/v1/citizen_service';
import { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { MessageServiceService } from '@crossroads/contracts/ebox/v1/message_service';
import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import { CitizenServiceService as PersonCitizenServiceService } from '@crossroads/contracts/person/v1/citizen_service';
import { type CallOptions, type Connection, InjectClient, RemoteError, status } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import { type CitizenService, type Session, SessionEnded } from '../session/session.js';
import { awayOr } from './service-away.js';

/** What is called with a citizen's token. */
interface CitizenClients {
  readonly accesses: Connection<typeof AuditServiceService>;
  readonly mailboxes: Connection<typeof MailboxServiceService>;
  readonly messages: Connection<typeof MessageServiceService>;
  readonly person: Connection<typeof PersonCitizenServiceService>;
  readonly inscriptions: Connection<typeof DirectoryCitizenServiceService>;
}

const SERVICE_OF = {
  accesses: 'access-audit',
  mailboxes: 'ebox',
  messages: 'ebox',
  person: 'person-registry',
  inscriptions: 'reference-directory',
} as const satisfies Readonly<Record<keyof CitizenClients, CitizenService>>;

/** Reasons of UNAUTHENTICATED after which signing in again helps. */
const asSessionEnded = (error: unknown): unknown =>
  error instanceof RemoteError && error.code === status.UNAUTHENTICATED
    ? new SessionEnded('a service does not take the token any more', { cause: error })
    : error;

/** Calls services of the mesh: for whoever is signed in, or for what is public. */
@Injectable()
export class MeshCalls {
  private readonly clients: CitizenClients;

  constructor(
    @InjectClient('access-audit', AuditServiceService) accesses: Connection<typeof AuditServiceService>,
    @InjectClient('ebox', MailboxServiceService) mailboxes: Connection<typeof MailboxServiceService>,
    @InjectClient('ebox', MessageServiceService) messages: Connection<typeof MessageServiceService>,
    @InjectClient('person-registry', PersonCitizenServiceService)
    person: Connection<typeof PersonCitizenServiceService>,
    @InjectClient('reference-directory', DirectoryCitizenServiceService)
    inscriptions: Connection<typeof DirectoryCitizenServiceService>,
    @InjectClient('ebox', PublicationServiceService)
    private readonly publication: Connection<typeof PublicationServiceService>,
    @InjectClient('authorization', RegisterServiceService)
    private readonly policyRegister: Connection<typeof RegisterServiceService>,
    @InjectClient('access-audit', FiguresServiceService)
    private readonly auditFigures: Connection<typeof FiguresServiceService>,
  ) {
    this.clients = { accesses, mailboxes, messages, person, inscriptions };
  }

  /**
   * One call with the citizen's token: `as(session, 'messages', (messages, options) => messages.listMessages(request, options))`.
   * @throws SessionEnded; ServiceAway; RemoteError for anything else
   */
  async as<Name extends keyof CitizenClients, Answer>(
    session: Session,
    name: Name,
    call: (client: CitizenClients[Name], options: CallOptions) => Promise<Answer>,
  ): Promise<Answer> {
    const service = SERVICE_OF[name];
    const token = await session.accessToken(service);
    try {
      return await call(this.clients[name], { metadata: { authorization: `Bearer ${token}` } });
    } catch (error) {
      throw awayOr(service, asSessionEnded(error));
    }
  }

  /** One call to a service of citizens in the name of nobody, which it refuses when it is there. @throws ServiceAway; RemoteError */
  withoutToken<Name extends keyof CitizenClients, Answer>(
    name: Name,
    call: (client: CitizenClients[Name]) => Promise<Answer>,
  ): Promise<Answer> {
    return named(SERVICE_OF[name], call(this.clients[name]));
  }

  /** The public register of the policy. @throws ServiceAway */
  register<Answer>(call: (client: Connection<typeof RegisterServiceService>) => Promise<Answer>): Promise<Answer> {
    return named('authorization', call(this.policyRegister));
  }

  /** Numbers of what was exchanged. @throws ServiceAway */
  figures<Answer>(call: (client: Connection<typeof FiguresServiceService>) => Promise<Answer>): Promise<Answer> {
    return named('access-audit', call(this.auditFigures));
  }

  /** What kinds of messages there are. @throws ServiceAway */
  messageTypes<Answer>(
    call: (client: Connection<typeof PublicationServiceService>) => Promise<Answer>,
  ): Promise<Answer> {
    return named('ebox', call(this.publication));
  }
}

const named = async <Answer>(service: CitizenService | 'authorization', answer: Promise<Answer>) => {
  try {
    return await answer;
  } catch (error) {
    throw awayOr(service, error);
  }
};
