import type { ServiceName } from './services.js';
import { producedBy, readersOf } from './topics.js';

/** Who may call an rpc: an application of any institution, or one service of the mesh. */
export type AllowedCaller = 'institution' | `service:${ServiceName}`;

/** Callers by the rpc's name as generated code has it. */
export type Callers = Readonly<Record<string, readonly AllowedCaller[]>>;

const INSTITUTIONS = ['institution'] as const;

/** Who decides with the policy, and so follows it. */
const DECIDERS = [
  'service:person-registry',
  'service:reference-directory',
  'service:exchange',
  'service:subscription',
  'service:access-audit',
] as const;

/** Who has to know who somebody is. */
const CHECKERS = ['service:exchange', 'service:subscription', 'service:access-audit'] as const;

/** `Events/Read` gives what topics give, from the beginning: it is for the readers of its server's topics. */
export const readersOfPast = (producer: ServiceName) => [
  ...new Set(
    producedBy(producer)
      .flatMap(readersOf)
      .map((reader) => `service:${reader}` as const),
  ),
];

const pastOf = (producer: ServiceName) => ({ read: readersOfPast(producer) });

/** Of every authentic source, in the mesh and outside it. */
const SOURCE = { supply: ['service:exchange'], supplyMany: ['service:exchange'] } as const;

/** For each service what it serves, and who may call it. Nobody else gets further than PERMISSION_DENIED. */
export const RPCS = {
  authorization: {
    'crossroads.authorization.v1.AuthorizationService': {
      registerInstitution: INSTITUTIONS,
      registerApplication: INSTITUTIONS,
      withdrawKey: INSTITUTIONS,
      registerDataService: INSTITUTIONS,
      registerSignInProvider: INSTITUTIONS,
      submitDeliberation: INSTITUTIONS,
      decideDeliberation: INSTITUTIONS,
      revokeDeliberation: INSTITUTIONS,
      getDeliberation: INSTITUTIONS,
      listDeliberations: INSTITUTIONS,
      listDataServices: INSTITUTIONS,
      check: INSTITUTIONS,
      watch: DECIDERS,
    },
  },
  'person-registry': {
    'crossroads.person.v1.PersonService': {
      registerPerson: INSTITUTIONS,
      changePerson: INSTITUTIONS,
      replaceSsin: INSTITUTIONS,
      unreplaceSsin: INSTITUTIONS,
      cancelSsin: INSTITUTIONS,
      getPerson: INSTITUTIONS,
      importPersons: INSTITUTIONS,
    },
    'crossroads.source.v1.SourceService': SOURCE,
    'crossroads.events.v1.EventsService': pastOf('person-registry'),
  },
  'reference-directory': {
    'crossroads.directory.v1.DirectoryService': {
      inscribe: INSTITUTIONS,
      uninscribe: INSTITUTIONS,
      inscribeFile: INSTITUTIONS,
      listInscriptions: INSTITUTIONS,
      check: CHECKERS,
      batchCheck: CHECKERS,
    },
    'crossroads.events.v1.EventsService': pastOf('reference-directory'),
  },
  exchange: {
    'crossroads.exchange.v1.ExchangeService': { consult: INSTITUTIONS, reportMutation: INSTITUTIONS },
    'crossroads.events.v1.EventsService': pastOf('exchange'),
  },
  subscription: {
    'crossroads.subscription.v1.SubscriptionService': {
      subscribe: INSTITUTIONS,
      closeSubscription: INSTITUTIONS,
      pauseSubscription: INSTITUTIONS,
      resumeSubscription: INSTITUTIONS,
      listSubscriptions: INSTITUTIONS,
      listParked: INSTITUTIONS,
      redriveParked: INSTITUTIONS,
    },
    'crossroads.events.v1.EventsService': pastOf('subscription'),
  },
  'access-audit': {
    // For a citizen: whose list it is says the token of a registered sign-in provider, not the certificate.
    'crossroads.audit.v1.AuditService': { listAccesses: INSTITUTIONS },
  },
} as const satisfies Readonly<Record<ServiceName, Readonly<Record<string, Callers>>>>;

/** What institutions serve outside the mesh, and who of it may call them. */
export const SOURCES = {
  'crossroads.source.v1.SourceService': SOURCE,
} as const satisfies Readonly<Record<string, Callers>>;

/** The rpcs for which a citizen's token is needed besides the certificate. */
export const OF_CITIZENS = ['/crossroads.audit.v1.AuditService/ListAccesses'] as const;

/** What every server tells whoever has a certificate of the CA: whether it serves, and what. Never limited. */
export const OPEN_TO_ANY = ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection'] as const;

/** An rpc that a service serves. */
export interface ServedRpc {
  readonly server: ServiceName;
  /** The proto service, with its package. */
  readonly service: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly callers: readonly AllowedCaller[];
}

export const rpcsOf = (server: ServiceName): ServedRpc[] =>
  Object.entries<Callers>(RPCS[server]).flatMap(([service, rpcs]) =>
    Object.entries(rpcs).map(([name, callers]) => ({
      server,
      service,
      path: `/${service}/${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      callers,
    })),
  );
