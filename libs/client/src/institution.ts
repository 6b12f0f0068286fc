import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { RegisterServiceService } from '@crossroads/contracts/authorization/v1/register_service';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import type {
  ConsultRequest,
  ConsultResponse,
  ExchangeServiceService,
} from '@crossroads/contracts/exchange/v1/exchange_service';
import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';
import { type CallOptions, type Connection, connect, newRequestId, RemoteError } from '@crossroads/grpc';
import { dayOf, type IsoDay } from '@crossroads/identifiers';
import {
  authorization,
  ebox,
  exchange,
  personRegistry,
  referenceDirectory,
  type ServiceName,
  subscription,
} from '@crossroads/topology';
import { ExchangeConnection } from './exchange-connection.js';
import type { MeshConnection, Official } from './mesh-addresses.js';
import { dateOf, QuestionSigner } from './question-signer.js';

export interface Question {
  readonly ssin: string;
  /** The purpose, for example `PCSA:SOCIAL_INQUIRY`. */
  readonly legalContext: string;
  /** Names with major version. */
  readonly dataServices: readonly (
    | string
    | { readonly dataService: string; readonly fieldGroups: readonly string[] }
  )[];
  /** For whom, when it is not the institution of the certificate. */
  readonly customer?: string;
  /** The same one within ten minutes repeats the question: another release, whose record names the first. @default a new one */
  readonly requestId?: string;
  /** The day about which is asked. @default today in Brussels */
  readonly day?: IsoDay;
  /** Who stands behind the question. @default the official of the connection; without one, software by itself, where the deliberation allows that */
  readonly official?: Official;
  /** Signed by another program: for a representative, by the customer for which it asks. @default signed here */
  readonly requestToken?: string;
}

/**
 * The mesh as an institution's application sees it. Each rpc fails with `RemoteError` (code, reason, field violations).
 * Writes take a `requestId`: keep it until the answer is there, and a repetition is safe.
 */
export class Institution {
  private readonly signer: QuestionSigner;
  private readonly toExchange: ExchangeConnection;
  readonly authorization: Connection<typeof AuthorizationServiceService>;
  /** For portals: what everybody may know of the policy. */
  readonly register: Connection<typeof RegisterServiceService>;
  readonly registry: Connection<typeof PersonServiceService>;
  readonly directory: Connection<typeof DirectoryServiceService>;
  readonly subscriptions: Connection<typeof SubscriptionServiceService>;
  /** For document providers. See also `publishMany`, `uploadDocument` and `readProviderEvents`. */
  readonly publications: Connection<typeof PublicationServiceService>;

  constructor({ addresses, requestKey, official, ...identity }: MeshConnection) {
    this.signer = new QuestionSigner(requestKey, official);
    const to = ({ name }: { readonly name: ServiceName }) => ({
      ...identity,
      server: { kind: 'service', name } as const,
    });
    this.authorization = connect(AuthorizationServiceService, addresses[authorization.name], {
      ...to(authorization),
      reads: ['getDeliberation', 'listDeliberations', 'listDataServices', 'check'],
    });
    this.register = connect(RegisterServiceService, addresses[authorization.name], {
      ...to(authorization),
      reads: ['getVocabulary', 'searchDeliberations', 'getPublishedDeliberation'],
    });
    this.registry = connect(PersonServiceService, addresses[personRegistry.name], to(personRegistry));
    this.directory = connect(DirectoryServiceService, addresses[referenceDirectory.name], {
      ...to(referenceDirectory),
      reads: ['listInscriptions'],
    });
    this.toExchange = new ExchangeConnection(addresses[exchange.name], to(exchange));
    this.subscriptions = connect(SubscriptionServiceService, addresses[subscription.name], {
      ...to(subscription),
      reads: ['getSubscription', 'getSchemas', 'listSubscriptions', 'listParked'],
    });
    this.publications = connect(PublicationServiceService, addresses[ebox.name], {
      ...to(ebox),
      // A message carries its request id inside, so that publishing it again is as safe as reading.
      reads: ['publishMessage', 'listMessageStates', 'listProviderEvents', 'listMessageTypes'],
      deadlineMs: 10_000,
    });
  }

  /** Asks one or several data services about one person. Look at `status` and `reason` of each result. */
  async consult(question: Question, options: CallOptions = {}): Promise<ConsultResponse> {
    const repeatable = { requestId: newRequestId(), ...question };
    const ask = () => this.exchange.consult(this.signed(repeatable), options);
    return ask().catch((error: unknown) => {
      // The certificate was renewed between the signature and the handshake.
      if (error instanceof RemoteError && error.reason === 'TOKEN_OF_OTHER_CERTIFICATE') return ask();
      throw error;
    });
  }

  get exchange(): Connection<typeof ExchangeServiceService> {
    return this.toExchange.current().connection;
  }

  /** The request of a question, signed for the connection of this institution. */
  signed(question: Question): ConsultRequest {
    const { ssin, legalContext, customer = '', day = dayOf(new Date()), official } = question;
    const asked = {
      requestId: question.requestId ?? newRequestId(),
      customer,
      ssin,
      legalContext,
      dataServices: question.dataServices.map((one) =>
        typeof one === 'string' ? { dataService: one, fieldGroups: [] } : one,
      ),
    };
    const requestToken =
      question.requestToken ?? this.signer.sign({ ...asked, day, official }, this.toExchange.current().certificate);
    return { ...asked, asOfDate: dateOf(day), requestToken };
  }

  close(): void {
    const { authorization, register, registry, directory, toExchange, subscriptions, publications } = this;
    for (const connection of [authorization, register, registry, directory, toExchange, subscriptions, publications])
      connection.close();
  }
}
