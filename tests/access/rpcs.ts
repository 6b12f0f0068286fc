import { type RPCS, rpcsOf, SERVICES, SOURCES } from '@crossroads/topology';

/** An rpc of a server, and who may call it: `institution`, `service:<name>`. */
export interface ServedRpc {
  /** The proto service, with its package. */
  readonly service: string;
  readonly path: string;
  readonly callers: readonly string[];
}

export const EVENTS = 'crossroads.events.v1.EventsService' satisfies keyof typeof RPCS.exchange;

const ofSources: readonly ServedRpc[] = Object.entries(SOURCES).flatMap(([service, rpcs]) =>
  Object.entries(rpcs).map(([rpc, callers]) => ({
    service,
    path: `/${service}/${rpc[0]?.toUpperCase()}${rpc.slice(1)}`,
    callers,
  })),
);

/** Every server that a mesh on one machine has, by its name in `mesh.json`: what the table of the topology says, and a source. */
export const RPCS_OF: Readonly<Record<string, readonly ServedRpc[]>> = {
  ...Object.fromEntries(SERVICES.map((name) => [name, rpcsOf(name)])),
  'wages-source': ofSources,
};

/** Whom a mesh on one machine has certificates of, as the table names them. `local` is the supervisor's, which calls nobody. */
export const CALLERS: Readonly<Record<string, string>> = {
  administrator: 'institution',
  'welfare-office': 'institution',
  local: 'service:local',
  ...Object.fromEntries(SERVICES.map((name) => [name, `service:${name}`])),
};
