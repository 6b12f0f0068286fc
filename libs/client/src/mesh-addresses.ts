import type { TlsFiles } from '@crossroads/grpc';
import type { ServiceName } from '@crossroads/topology';

/** `host:port` of each service of the mesh. */
export type MeshAddresses = Readonly<Record<ServiceName, string>>;

/** How an application connects to services of the mesh. Its certificate says which application it is. */
export interface MeshConnection<Name extends ServiceName = ServiceName> {
  readonly addresses: Pick<MeshAddresses, Name>;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
}
