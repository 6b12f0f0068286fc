import { isRightKind, type RightKind } from './rights.js';
import type { CallerRule } from './service.js';
import { ebox, SERVICES, type ServiceEntry, type ServiceName, serviceNamed } from './services/index.js';
import { producedBy, readersOf } from './topic-access.js';

/** Who may call an rpc: an application of any institution, or one service of the mesh. */
export type RpcCaller = 'institution' | `service:${ServiceName}`;

const EVENTS_SERVICE = 'crossroads.events.v1.EventsService';

type Callers = readonly RpcCaller[];

/** `Events/Read` and `Events/Check`, for a service that publishes. */
type EventsRpcs<Entry extends ServiceEntry> = Entry['publishes'] extends readonly []
  ? unknown
  : { readonly [EVENTS_SERVICE]: { readonly read: Callers; readonly check: Callers } };

type RpcsOf<Entry extends ServiceEntry> = {
  readonly [Proto in keyof Entry['rpcs']]: { readonly [Rpc in keyof Entry['rpcs'][Proto]]: Callers };
} & EventsRpcs<Entry>;

/** The callers of `Events/Read` and `Events/Check`: they return what the topics of its server hold, so it is for their readers. */
export const eventsCallersOf = (producer: ServiceName): Callers => [
  ...new Set(
    producedBy(producer)
      .flatMap(readersOf)
      .map((reader) => `service:${reader}` as const),
  ),
];

type Rules = readonly CallerRule<ServiceName>[];

const INSTITUTION = 'institution';

const isOfService = (rule: CallerRule<ServiceName>): rule is `service:${ServiceName}` => rule.startsWith('service:');

const callersOfRule = (server: ServiceName, rules: Rules): Callers => {
  const callers = rules.flatMap((rule): Callers => {
    if (rule === 'every-service')
      return SERVICES.filter((service) => service !== server && !serviceNamed(service).servesPages).map(
        (service) => `service:${service}` as const,
      );
    return [isOfService(rule) ? rule : INSTITUTION];
  });
  return [...new Set(callers)];
};

const rightsOfRules = (rules: Rules): readonly RightKind[] =>
  rules.map((rule) => rule.slice(INSTITUTION.length + 1)).filter(isRightKind);

type CallersByRpc = Readonly<Record<string, Callers>>;

const tableOf = (server: ServiceName): Readonly<Record<string, CallersByRpc>> => {
  const listed = Object.entries(serviceNamed(server).rpcs).map(([proto, rpcs]): [string, CallersByRpc] => [
    proto,
    Object.fromEntries(Object.entries(rpcs).map(([rpc, rules]) => [rpc, callersOfRule(server, rules)])),
  ]);
  const publishes = producedBy(server).length > 0;
  return {
    ...Object.fromEntries(listed),
    ...(publishes ? { [EVENTS_SERVICE]: { read: eventsCallersOf(server), check: eventsCallersOf(server) } } : {}),
  };
};

/** By service, proto service and rpc: who may call it. */
export const RPCS = Object.fromEntries(SERVICES.map((name) => [name, tableOf(name)])) as {
  readonly [Entry in ServiceEntry as Entry['name']]: RpcsOf<Entry>;
};

const pathOf = (service: string, rpc: string): string => `/${service}/${rpc.charAt(0).toUpperCase()}${rpc.slice(1)}`;

/** The rpcs for which a citizen's token is needed besides the certificate. */
export const OF_CITIZENS: readonly string[] = [
  '/crossroads.audit.v1.AuditService/ListAccesses',
  '/crossroads.audit.v1.AuditService/GetAccess',
  '/crossroads.person.v1.CitizenService/GetOwnPerson',
  '/crossroads.directory.v1.CitizenService/ListOwnInscriptions',
  '/crossroads.person.v1.CitizenService/ContestOwnProposal',
  ...(['crossroads.ebox.v1.MailboxService', 'crossroads.ebox.v1.MessageService'] as const).flatMap((service) =>
    Object.keys(ebox.rpcs[service]).map((rpc) => pathOf(service, rpc)),
  ),
];

const RIGHTS_BY_RPC: ReadonlyMap<string, readonly RightKind[]> = new Map(
  SERVICES.flatMap((name) =>
    Object.entries(serviceNamed(name).rpcs).flatMap(([proto, rpcs]) =>
      Object.entries(rpcs).map(([rpc, rules]) => [pathOf(proto, rpc), rightsOfRules(rules)] as const),
    ),
  ),
);

/** The rights of which an application needs one to call an rpc, by its path; none: a registered key is enough. */
export const rightsFor = (path: string): readonly RightKind[] => RIGHTS_BY_RPC.get(path) ?? [];

/** An rpc that a service serves. */
export interface ServedRpc {
  readonly server: ServiceName;
  /** The proto service, with its package. */
  readonly service: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly callers: Callers;
  /** Of which an application needs one; none: a registered key is enough. */
  readonly rights: readonly RightKind[];
}

export const rpcsOf = (server: ServiceName): ServedRpc[] =>
  Object.entries(tableOf(server)).flatMap(([service, rpcs]) =>
    Object.entries(rpcs).map(([name, callers]) => ({
      server,
      service,
      path: pathOf(service, name),
      callers,
      rights: RIGHTS_BY_RPC.get(pathOf(service, name)) ?? [],
    })),
  );
