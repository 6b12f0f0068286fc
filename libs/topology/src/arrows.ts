import { rpcsOf, SOURCES } from './rpcs.js';
import { SERVICES, type ServiceName } from './services.js';

/** The services that a service calls: those that have an rpc for it. */
export const calledBy = (service: ServiceName): readonly ServiceName[] =>
  SERVICES.filter((server) =>
    rpcsOf(server).some(({ callers }) => callers.some((one) => one === `service:${service}`)),
  );

/** The services that call a service. */
export const callersOf = (server: ServiceName): readonly ServiceName[] =>
  SERVICES.filter((service) => calledBy(service).includes(server));

/** Whether institutions, outside the mesh, call it. */
export const isForInstitutions = (server: ServiceName): boolean =>
  rpcsOf(server).some(({ callers }) => callers.includes('institution'));

/** Whether it calls institutions, outside the mesh. */
export const callsSources = (service: ServiceName): boolean =>
  Object.values(SOURCES).some(({ supply }) => supply.some((caller) => caller === `service:${service}`));
