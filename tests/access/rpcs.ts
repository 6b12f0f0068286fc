import { DOCUMENT_PROVIDERS, type RPCS, rpcsOf, SERVERS, SERVICES, serviceNamed, SOURCES } from '@crossroads/topology';

/** An rpc and its allowed callers: `institution`, `service:<name>`. */
export interface ServedRpc {
  /** The full name of the proto service. */
  readonly service: string;
  readonly path: string;
  readonly callers: readonly string[];
}

export const EVENTS = 'crossroads.events.v1.EventsService' satisfies keyof typeof RPCS.exchange;

const servedBy = (services: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): ServedRpc[] =>
  Object.entries(services).flatMap(([service, rpcs]) =>
    Object.entries(rpcs).map(([rpc, callers]) => ({
      service,
      path: `/${service}/${rpc[0]?.toUpperCase()}${rpc.slice(1)}`,
      callers,
    })),
  );

/** The servers of a local mesh by their names in `mesh.json`: the services of the topology, a source, and a document provider. */
export const RPCS_OF: Readonly<Record<string, readonly ServedRpc[]>> = {
  ...Object.fromEntries(SERVERS.map((name) => [name, rpcsOf(name)])),
  'wages-source': servedBy(SOURCES),
  'pension-office': servedBy(DOCUMENT_PROVIDERS),
};

/** The caller of each certificate of a local mesh, as the topology names it. `local` is the supervisor, which calls no service. */
export const CALLERS: Readonly<Record<string, string>> = {
  administrator: 'institution',
  'welfare-office': 'institution',
  // That of the portal. Of the eBox and the list of accesses the only one that gets as far as the token.
  'citizen-portal': 'institution',
  local: 'service:local',
  ...Object.fromEntries(
    SERVICES.filter((name) => !serviceNamed(name).servesPages).map((name) => [name, `service:${name}`]),
  ),
};
