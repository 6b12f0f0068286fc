import type { TlsFiles } from '@crossroads/grpc';

/** Where the mesh's doors are, `host:port` each. */
export interface MeshAddresses {
  readonly authorization: string;
  readonly personRegistry: string;
  readonly referenceDirectory: string;
  readonly exchange: string;
  readonly subscription: string;
  readonly accessAudit: string;
}

/** How an application reaches the mesh: its certificate says who it is. */
export interface MeshConnection {
  readonly addresses: MeshAddresses;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
}
