import { type RpcCaller, rpcsOf, type ServedRpc } from './rpcs.js';
import { SERVICES, type ServiceName, serviceNamed } from './services/index.js';
import { DOCUMENT_PROVIDERS, SOURCES } from './sources.js';

const serves = (server: ServiceName, caller: RpcCaller): boolean =>
  rpcsOf(server).some(({ callers }) => callers.includes(caller));

/** Whether it has rpcs. One that has none listens to nobody, except for the health that a kubelet asks. */
export const isServer = (service: ServiceName): boolean => rpcsOf(service).length > 0;

/** The services that have rpcs. */
export const SERVERS: readonly ServiceName[] = SERVICES.filter(isServer);

const mayCall = (caller: ServiceName, { callers, rights }: ServedRpc): boolean =>
  serviceNamed(caller).servesPages ? rights.includes('portal') : callers.includes(`service:${caller}`);

/** The services that a service calls: those that have an rpc for it. */
export const calledBy = (service: ServiceName): readonly ServiceName[] =>
  SERVICES.filter((server) => rpcsOf(server).some((rpc) => mayCall(service, rpc)));

/** Of the services that it calls, those at an address of its settings. Authentic sources are found by the policy instead. */
export const addressedBy = (service: ServiceName): readonly ServiceName[] =>
  SERVICES.filter((server) =>
    rpcsOf(server).some((rpc) => !Object.hasOwn(SOURCES, rpc.service) && mayCall(service, rpc)),
  );

/** The services that call a service. */
export const callersOf = (server: ServiceName): readonly ServiceName[] =>
  SERVICES.filter((service) => calledBy(service).includes(server));

/** Whether institutions, outside the mesh, call it. */
export const isForInstitutions = (server: ServiceName): boolean => serves(server, 'institution');

/** The callers of what institutions outside the mesh, and services that are sources, serve. */
const CALLERS_OF_SOURCES: readonly string[] = [
  ...Object.values(SOURCES).flatMap((rpcs) => Object.values(rpcs).flat()),
  ...Object.values(DOCUMENT_PROVIDERS).flatMap((rpcs) => Object.values(rpcs).flat()),
];

/** Whether it calls authentic sources or document providers. */
export const callsSources = (service: ServiceName): boolean => CALLERS_OF_SOURCES.includes(`service:${service}`);
