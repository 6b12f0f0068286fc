import type { TlsFiles } from '@crossroads/grpc';
import type { ServiceName } from '@crossroads/topology';

/** `host:port` of each service of the mesh. */
export type MeshAddresses = Readonly<Record<ServiceName, string>>;

/** How an application reaches the mesh: its certificate says who it is. */
export interface MeshConnection {
  readonly addresses: MeshAddresses;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
}
