import {
  AddressSettings,
  type AnySettings,
  BrokerSettings,
  BusSettings,
  DatabaseSettings,
  GrpcSettings,
  HealthSettings,
  InstitutionSettings,
  KeySettings,
  MeshSettings,
  type Shape,
  SubjectKeySettings,
  TelemetrySettings,
} from '@crossroads/configuration';
import type { DatabaseSchema, MigrationClass, Schema } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import type { ReasonCodes } from '@crossroads/grpc';
import { ParkedMessageEntity, parkingMigrations } from '@crossroads/messaging';
import { policyMigrations } from '@crossroads/policy';
import { subjectKeyMigrations, tombstoneMigrations } from '@crossroads/privacy';
import { addressedBy, addressVariableOf, type ServiceName } from '@crossroads/topology';
import type { Type } from '@nestjs/common';
import { type Needs, needsOf } from './needs.js';
import type { Reassertions } from './reassert.js';
import type { LoadS3Archive } from './retention.js';
import type { ViewsOf } from './views.js';

/** What `service.ts` says of a service. All else follows from the topology. */
export interface ServiceOptions {
  readonly name: ServiceName;
  /** The service's own settings, besides those of the modules that it needs. */
  readonly settings?: readonly AnySettings[];
  /** Defaults that differ from those of other services, by environment variable. */
  readonly defaults?: Readonly<Record<string, string>>;
  readonly entities?: readonly Type[];
  readonly migrations?: readonly MigrationClass[];
  /** States keys again after a restore, for `main.js reassert`. @default it states none */
  readonly reassertions?: Type<Reassertions>;
  /** @default none can be rebuilt */
  readonly views?: ViewsOf;
  /** The gRPC code of each reason of a `Rejection`. */
  readonly reasonCodes?: ReasonCodes;
  /** Of a service with a journal, whose months can be archived in S3. @default it has none, and `main.js retention` says so */
  readonly loadS3Archive?: LoadS3Archive;
}

export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly needs: Needs;
  readonly reasonCodes: ReasonCodes;
  readonly defaults: Readonly<Record<string, string>>;
  /** The settings classes that are provided for injection. */
  readonly settings: readonly AnySettings[];
  /** The settings that are checked and documented: of the addresses only those of services that this one calls. */
  readonly needed: readonly { readonly shape: Shape }[];
  readonly database: DatabaseSchema;
  readonly views: ViewsOf;
  readonly loadS3Archive?: LoadS3Archive;
  readonly reassertions: Type<Reassertions> | undefined;
}

export const defineService = ({
  name,
  settings = [],
  defaults = {},
  entities = [],
  migrations = [],
  views = () => ({}),
  reassertions,
  reasonCodes = {},
  loadS3Archive,
}: ServiceOptions): ServiceDefinition => {
  const needs = needsOf(name);
  const own = [
    MeshSettings,
    TelemetrySettings,
    ...(needs.serves ? [GrpcSettings, InstitutionSettings] : [HealthSettings]),
    ...(needs.database ? [DatabaseSettings] : []),
    ...(needs.keys ? [KeySettings] : []),
    ...(needs.subjectKeys ? [SubjectKeySettings] : []),
    ...(needs.bus ? [BusSettings] : []),
    ...(needs.administersBroker ? [BrokerSettings] : []),
    ...settings,
  ];
  return {
    name,
    needs,
    reasonCodes,
    defaults,
    views,
    ...(loadS3Archive ? { loadS3Archive } : {}),
    reassertions,
    settings: [...own, AddressSettings],
    needed: [...own, addressesOf(name)],
    database: {
      entities: [...(needs.consumes ? [ParkedMessageEntity] : []), ...entities],
      migrations: needs.database
        ? [
            ...(needs.log ? eventStoreMigrations : []),
            ...(needs.consumes ? parkingMigrations : []),
            ...(needs.erases ? tombstoneMigrations : []),
            ...(needs.policy ? policyMigrations : []),
            ...migrations,
          ]
        : [],
    },
  };
};

/** Addresses are set for the services that this one calls, except authentic sources: the policy says where those are. */
const addressesOf = (name: ServiceName): { readonly shape: Shape } => {
  const called = addressedBy(name).map(addressVariableOf);
  return { shape: Object.fromEntries(called.map((one) => [one, AddressSettings.shape[one].unwrap()])) };
};

/** The databases of a service and their migrations, for `main.js migrate`: none of a service without data. @throws BadConfiguration */
export const schemasOf = ({ database: { migrations }, needs }: ServiceDefinition): Schema[] => {
  if (!needs.database) return [];
  const { DATABASE_URL, DATABASE_MIGRATOR_URL } = new DatabaseSettings();
  const own = { url: DATABASE_URL, migratorUrl: DATABASE_MIGRATOR_URL, migrations };
  if (!needs.subjectKeys) return [own];
  const { KEYS_DATABASE_URL, KEYS_DATABASE_MIGRATOR_URL } = new SubjectKeySettings();
  const keys = { url: KEYS_DATABASE_URL, migratorUrl: KEYS_DATABASE_MIGRATOR_URL, migrations: subjectKeyMigrations };
  return [own, keys];
};
