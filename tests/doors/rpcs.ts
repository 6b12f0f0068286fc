import { type RPCS, rpcsOf, SERVICES, SOURCES } from '@crossroads/topology';

/** An rpc behind a door, and who may call it: `institution`, `service:<name>`. */
export interface DoorRpc {
  /** The proto service, with its package. */
  readonly service: string;
  readonly path: string;
  readonly callers: readonly string[];
}

export const EVENTS = 'crossroads.events.v1.EventsService' satisfies keyof typeof RPCS.exchange;

const supply: readonly DoorRpc[] = Object.entries(SOURCES).map(([service, rpcs]) => ({
  service,
  path: `/${service}/Supply`,
  callers: rpcs.supply,
}));

/** Every server that a mesh on one machine has, by its name in `mesh.json`: what the table of the topology says, and a source. */
export const DOORS: Readonly<Record<string, readonly DoorRpc[]>> = {
  ...Object.fromEntries(SERVICES.map((name) => [name, rpcsOf(name)])),
  'wages-source': supply,
};

/** Whom a mesh on one machine has certificates of, as the table names them. `local` is the supervisor's, which calls nobody. */
export const CALLERS: Readonly<Record<string, string>> = {
  administrator: 'institution',
  'welfare-office': 'institution',
  local: 'service:local',
  ...Object.fromEntries(SERVICES.map((name) => [name, `service:${name}`])),
};
