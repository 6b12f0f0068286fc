import { type RPCS, rpcsOf, SERVICES, SOURCES } from '@crossroads/topology';

/** An rpc behind a door, and who may call it: `institution`, `service:<name>`. */
export interface DoorRpc {
  /** The proto service, with its package. */
  readonly service: string;
  readonly path: string;
  readonly callers: readonly string[];
}

export const EVENTS = 'crossroads.events.v1.EventsService' satisfies keyof typeof RPCS.exchange;

const ofSources: readonly DoorRpc[] = Object.entries(SOURCES).flatMap(([service, rpcs]) =>
  Object.entries(rpcs).map(([rpc, callers]) => ({
    service,
    path: `/${service}/${rpc[0]?.toUpperCase()}${rpc.slice(1)}`,
    callers,
  })),
);

/** Every server that a mesh on one machine has, by its name in `mesh.json`: what the table of the topology says, and a source. */
export const DOORS: Readonly<Record<string, readonly DoorRpc[]>> = {
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
