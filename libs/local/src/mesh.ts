import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Anchor, type IdentityFiles, writePrivate } from './certificates.js';
import type { Databases } from './databases.js';
import { LocalFailure } from './failure.js';

/** `mesh.json` in the data folder: how to reach everything, for people and for tools. Readable by its owner only. */
export interface Mesh {
  readonly version: 1;
  readonly trustDomain: string;
  readonly startedAt: string;
  /** Of the process that keeps the mesh running; SIGTERM stops it all. */
  readonly pid: number;
  readonly services: Readonly<Record<string, MeshProcess>>;
  /** By service: what `crossroads ops` runs once more, with a command. */
  readonly programs: Readonly<Record<string, MeshProgram>>;
  /** Demo institutions that serve data themselves. */
  readonly institutions: Readonly<Record<string, MeshProcess>>;
  readonly postgres: MeshPostgres;
  readonly broker: MeshBroker;
  /** PEM files of the authorities, by whose certificates they issue. */
  readonly authorities: Readonly<Record<Anchor, string>>;
  /** By name: services, `kafka` (its administrator), and each `<institution>` of the demo. */
  readonly certificates: Readonly<Record<string, IdentityFiles>>;
  /** By service. */
  readonly keyFiles: Readonly<Record<string, string>>;
  /** The provider whose tokens citizens sign in with. */
  readonly signIn?: MeshSignIn;
  /** With which the demo's institutions sign their questions. */
  readonly officials?: MeshOfficials;
  readonly logs: string;
}

export interface MeshProcess {
  /** `localhost:<port>`, gRPC with mTLS: where services of the mesh connect. */
  readonly address: string;
  /** Where applications of institutions connect; absent where they may not. */
  readonly institutionsAddress?: string;
  /** Where browsers connect; absent where they may not. */
  readonly url?: string;
  /** Absent while it is being started again. */
  readonly pid?: number;
  readonly log: string;
}

export interface MeshProgram {
  /** Path of its main module. */
  readonly main: string;
  /** Its settings, those of its databases included. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface MeshPostgres {
  readonly adminUrl: string;
  readonly pid?: number;
  /** By service. */
  readonly databases: Readonly<Record<string, Databases>>;
}

/** Kafka takes TLS with a certificate of `certificates`; the embedded log is a database. */
export type MeshBroker =
  | {
      readonly kind: 'kafka';
      /** Where services of the mesh connect. */
      readonly brokers: readonly string[];
      /** Where applications of institutions connect. */
      readonly institutionBrokers: readonly string[];
      readonly pid?: number;
    }
  | { readonly kind: 'embedded'; readonly url: string; readonly why: string };

export interface MeshSignIn {
  readonly issuer: string;
  /** PEM file of the public key of its tokens. */
  readonly publicKey: string;
  readonly algorithm: string;
}

/** With what institutions sign for their officials. */
export interface MeshOfficials {
  readonly kid: string;
  /** PEM files of the private keys, by the names of `certificates`. */
  readonly privateKeys: Readonly<Record<string, string>>;
  /** Who asks, unless a question names another. */
  readonly asking: { readonly id: string; readonly role: string; readonly unit: string };
}

export const meshFile = (dataFolder: string): string => join(dataFolder, 'mesh.json');

export const writeMesh = (dataFolder: string, mesh: Mesh): Promise<void> =>
  writePrivate(meshFile(dataFolder), `${JSON.stringify(mesh, null, 2)}\n`);

/** What the last start wrote. @throws a sentence when there is none. */
export const readMesh = (dataFolder: string): Mesh => {
  const file = meshFile(dataFolder);
  let mesh: unknown;
  try {
    mesh = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new LocalFailure(`There is no ${file}: start the mesh first, with npm start.`);
  }
  if (!isMesh(mesh))
    throw new LocalFailure(
      `${file} was written by another version of Crossroads: start the mesh again, with npm start.`,
    );
  return mesh;
};

const isMesh = (value: unknown): value is Mesh =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  value.version === 1 &&
  ['services', 'institutions', 'postgres', 'broker', 'certificates', 'keyFiles'].every((part) => part in value);
