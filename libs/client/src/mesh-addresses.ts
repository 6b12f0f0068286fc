import type { TlsFiles } from '@crossroads/grpc';
import type { Asker, SigningKeyPair } from '@crossroads/request-token';
import type { ServiceName } from '@crossroads/topology';

/** `host:port` of each service of the mesh. */
export type MeshAddresses = Readonly<Record<ServiceName, string>>;

/** An official as the institution names them inside: an opaque id, never an SSIN or a name, with role and unit. */
export type Official = Omit<Extract<Asker, { kind: 'official' }>, 'kind'>;

/** How an application connects to services of the mesh. Its certificate says which application it is. */
export interface MeshConnection<Name extends ServiceName = ServiceName> {
  readonly addresses: Pick<MeshAddresses, Name>;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
  /** With which the institution signs its questions; needed to consult, unless each question brings its own token. */
  readonly requestKey?: SigningKeyPair;
  /** Stands behind questions that name no other official; absent: software asks by itself. */
  readonly official?: Official;
}
