import {
  AddressSettings,
  TelemetrySettings,
  type Shape,
  BusSettings,
  DatabaseSettings,
  GrpcSettings,
  KeySettings,
  MeshSettings,
  type AnySettings,
  SubjectKeySettings,
} from '@crossroads/configuration';
import { type DatabaseSchema, type MigrationClass, type Schema } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import type { ReasonCodes } from '@crossroads/grpc';
import { consumedMigrations, parkingMigrations } from '@crossroads/messaging';
import { subjectKeyMigrations } from '@crossroads/privacy';
import {
  addressedBy,
  addressVariableOf,
  authorization,
  calledBy,
  keysOf,
  producedBy,
  readBy,
  type ServiceName,
  serviceNamed,
  usesKafka,
} from '@crossroads/topology';
import type { Type } from '@nestjs/common';

/** What a service says of itself; all else follows from the topology. */
export interface ServiceOptions {
  readonly name: ServiceName;
  /** Its own, besides those of the modules that it stands on. */
  readonly settings?: readonly AnySettings[];
  /** Where this service has another default than the others, by variable. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly entities?: readonly Type[];
  readonly migrations?: readonly MigrationClass[];
  /** The gRPC code of each reason with which its rules reject. */
  readonly reasonCodes?: ReasonCodes;
}

/** A service as its module, its `main.ts` and its README's table need it. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly settings: readonly AnySettings[];
  /** The same as it has to be set: with the addresses of the services that it calls, and of no others. */
  readonly needed: readonly { readonly shape: Shape }[];
  readonly defaults: Readonly<Record<string, string>>;
  readonly database: DatabaseSchema;
  /** What the topology says that it stands on; `MeshModule` and the settings follow from it. */
  readonly needs: Needs;
  readonly reasonCodes: ReasonCodes;
}

export interface Needs {
  /** Named keys in a file. */
  readonly keys: boolean;
  /** A database of keys, one for each person. */
  readonly subjectKeys: boolean;
  readonly bus: boolean;
  /** Reads topics: has cursors and parked messages. */
  readonly consumes: boolean;
  /** Publishes its log: on the bus, and by `Events/Read`. */
  readonly publishes: boolean;
  /** Decides with the policy. */
  readonly policy: boolean;
}

const needsOf = (name: ServiceName): Needs => {
  const { subjectKeys } = serviceNamed(name);
  const [consumes, publishes] = [readBy(name).length > 0, producedBy(name).length > 0];
  return {
    keys: keysOf(name).length > 0,
    subjectKeys,
    bus: usesKafka(name),
    consumes,
    publishes,
    policy: calledBy(name).includes(authorization.name),
  };
};

/** Authentic sources are found by the policy, the mesh's own among them; other services by an address. */
const addressesOf = (name: ServiceName): { readonly shape: Shape } => {
  const called = addressedBy(name).map(addressVariableOf);
  return { shape: Object.fromEntries(called.map((one) => [one, AddressSettings.shape[one].unwrap()])) };
};

export const defineService = ({
  name,
  settings = [],
  defaults = {},
  entities = [],
  migrations = [],
  reasonCodes = {},
}: ServiceOptions): ServiceDefinition => {
  const needs = needsOf(name);
  const own = [
    MeshSettings,
    TelemetrySettings,
    GrpcSettings,
    DatabaseSettings,
    ...(needs.keys ? [KeySettings] : []),
    ...(needs.subjectKeys ? [SubjectKeySettings] : []),
    ...(needs.bus ? [BusSettings] : []),
    ...settings,
  ];
  return {
    name,
    needs,
    reasonCodes,
    defaults,
    settings: [...own, AddressSettings],
    needed: [...own, addressesOf(name)],
    database: {
      entities,
      migrations: [
        ...eventStoreMigrations,
        ...(needs.consumes ? [...consumedMigrations, ...parkingMigrations] : []),
        ...migrations,
      ],
    },
  };
};

/** What its databases hold, by their settings alone: for `main.js migrate`. @throws BadConfiguration */
export const schemasOf = ({ database: { migrations }, needs }: ServiceDefinition): Schema[] => {
  const own = new DatabaseSettings();
  const schemas = [{ url: own.DATABASE_URL, migratorUrl: own.DATABASE_MIGRATOR_URL, migrations }];
  if (!needs.subjectKeys) return schemas;
  const keys = new SubjectKeySettings();
  const { KEYS_DATABASE_URL: url, KEYS_DATABASE_MIGRATOR_URL: migratorUrl } = keys;
  return [...schemas, { url, migratorUrl, migrations: [...subjectKeyMigrations] }];
};
