import type { Service } from '../service.js';
import { accessAudit } from './access-audit.js';
import { authorization } from './authorization.js';
import { brokerKeeper } from './broker-keeper.js';
import { ebox } from './ebox.js';
import { exchange } from './exchange.js';
import { personRegistry } from './person-registry.js';
import { portal } from './portal.js';
import { referenceDirectory } from './reference-directory.js';
import { subscription } from './subscription.js';

export {
  accessAudit,
  authorization,
  brokerKeeper,
  ebox,
  exchange,
  personRegistry,
  portal,
  referenceDirectory,
  subscription,
};

/** Every service of the mesh. The place in the list gives its port on one machine: append, do not insert. */
const LIST = [
  authorization,
  personRegistry,
  referenceDirectory,
  exchange,
  subscription,
  accessAudit,
  ebox,
  brokerKeeper,
  portal,
] as const;

/** The literal type of one entry of the list. */
export type ServiceEntry = (typeof LIST)[number];

export type ServiceName = ServiceEntry['name'];

// The annotation refuses a caller of an rpc that is no service of the list.
const ENTRIES: readonly Service<ServiceName>[] = LIST;

export const SERVICES: readonly ServiceName[] = ENTRIES.map(({ name }) => name);

export const isServiceName = (name: string): name is ServiceName => SERVICES.some((service) => service === name);

const BY_NAME = new Map(ENTRIES.map((entry) => [entry.name, entry]));

/** Everything that is known of one service. */
export const serviceNamed = (name: ServiceName): Service<ServiceName> => {
  const found = BY_NAME.get(name);
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
};

/** The services that have a database. */
export const SERVICES_WITH_DATABASE: readonly ServiceName[] = SERVICES.filter((name) => serviceNamed(name).database);

/** How far the port of a service lies from the first port of a mesh on one machine. */
export const portOffsetOf = (name: ServiceName): number => SERVICES.indexOf(name);
