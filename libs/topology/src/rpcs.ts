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

const callersOfRule = (server: ServiceName, rules: readonly CallerRule<ServiceName>[]): Callers =>
  rules.flatMap((rule) =>
    rule === 'every-service'
      ? SERVICES.filter((service) => service !== server).map((service) => `service:${service}` as const)
      : [rule],
  );

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
  '/crossroads.person.v1.CitizenService/ContestOwnProposal',
  ...(['crossroads.ebox.v1.MailboxService', 'crossroads.ebox.v1.MessageService'] as const).flatMap((service) =>
    Object.keys(ebox.rpcs[service]).map((rpc) => pathOf(service, rpc)),
  ),
];

/** An rpc that a service serves. */
export interface ServedRpc {
  readonly server: ServiceName;
  /** The proto service, with its package. */
  readonly service: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly callers: Callers;
}

export const rpcsOf = (server: ServiceName): ServedRpc[] =>
  Object.entries(tableOf(server)).flatMap(([service, rpcs]) =>
    Object.entries(rpcs).map(([name, callers]) => ({
      server,
      service,
      path: pathOf(service, name),
      callers,
    })),
  );
