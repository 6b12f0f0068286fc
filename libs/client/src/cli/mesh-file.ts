import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '@crossroads/grpc';
import { SERVICES } from '@crossroads/topology';
import type { MeshAddresses, MeshConnection, Official } from '../mesh-addresses.js';

/** What the command needs of `mesh.json`, which the mesh on this machine writes when it starts. */
export interface MeshFile {
  readonly trustDomain: string;
  readonly services: Readonly<Record<string, { readonly institutionsAddress?: string }>>;
  /** Absent in a mesh that an older version has started. */
  readonly programs?: Readonly<
    Record<string, { readonly main: string; readonly environment: Readonly<Record<string, string>> }>
  >;
  readonly certificates: Readonly<
    Record<string, { readonly ca: string; readonly certificate: string; readonly key: string }>
  >;
  readonly broker:
    | { readonly kind: 'kafka'; readonly institutionBrokers: readonly string[] }
    | { readonly kind: 'embedded'; readonly url: string };
  /** `privateKeys` by the names of `certificates`. */
  readonly officials?: {
    readonly kid: string;
    readonly privateKeys: Readonly<Record<string, string>>;
    readonly asking: Official;
  };
  readonly signIn?: { readonly issuer: string };
}

/** A wrong argument: printed as one sentence, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where the mesh on this machine keeps what it needs. */
const dataFolder = (): string =>
  process.env['CROSSROADS_DATA'] ?? join(process.env['INIT_CWD'] ?? process.cwd(), '.crossroads');

export const readMeshFile = (): MeshFile => {
  const file = join(dataFolder(), 'mesh.json');
  try {
    // Written by libs/local, which keeps its shape.
    return JSON.parse(readFileSync(file, 'utf8')) as MeshFile;
  } catch {
    throw new UsageError(`There is no ${file}: start the mesh (npm start), or set CROSSROADS_DATA to its data folder.`);
  }
};

/** The certificate of a name in `mesh.json`. */
export const tlsOf = (mesh: MeshFile, name: string): TlsFiles => {
  const files = mesh.certificates[name];
  if (files) return { ca: files.ca, cert: files.certificate, key: files.key };
  const names = Object.keys(mesh.certificates).sort().join(', ');
  throw new UsageError(`--as ${name}: no certificate of that name; there are ${names}.`);
};

export const connectionOf = (mesh: MeshFile, name: string): MeshConnection => {
  const address = (service: string): string => {
    const found = mesh.services[service];
    if (!found) throw new UsageError(`${service} does not run in this mesh.`);
    // A service that institutions do not call has none, and no command asks for it.
    return found.institutionsAddress ?? '';
  };
  return {
    tls: tlsOf(mesh, name),
    trustDomain: mesh.trustDomain,
    ...officialOf(mesh, name),
    addresses: Object.fromEntries(SERVICES.map((name) => [name, address(name)])) as MeshAddresses,
  };
};

const officialOf = ({ officials }: MeshFile, name: string): Pick<MeshConnection, 'requestKey' | 'official'> => {
  const privateKey = officials?.privateKeys[name];
  if (officials === undefined || privateKey === undefined) return {};
  return {
    requestKey: { kid: officials.kid, privatePem: readFileSync(privateKey, 'utf8') },
    official: officials.asking,
  };
};
