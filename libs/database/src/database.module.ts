import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSettings, ReadinessChecks, ServiceIdentity, SubjectKeySettings } from '@crossroads/configuration';
import {
  type DynamicModule,
  Global,
  Logger,
  Module,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Database, databaseOver, dataSourceOptions } from './database.js';
import { ExclusiveWork, LeasedWork } from './lease/exclusive-work.js';
import type { MigrationClass } from './migration/migration.js';
import { prepareSchemas } from './schema.js';

/** The entities and migrations of a service's database. */
export interface DatabaseSchema {
  readonly entities: readonly Type[];
  readonly migrations: readonly MigrationClass[];
}

/** Injection token of the database of subject keys. */
export const KEYS_DATABASE: unique symbol = Symbol('keys database');

/** Adds the readiness check, and closes the database on shutdown. */
class DatabaseLifecycle implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    name: string,
    readinessChecks: ReadinessChecks,
  ) {
    readinessChecks.add(name, () => database.ready());
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}

/**
 * The service's database: `Database` for SQL and `@InjectRepository` for its entities, on one pool. It waits for the server and for the
 * schema.
 */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot({ entities, migrations }: DatabaseSchema): DynamicModule {
    return databaseModule(
      Database,
      undefined,
      entities,
      migrations,
      DatabaseSettings,
      (settings: DatabaseSettings) => ({
        url: settings.DATABASE_URL,
        migratorUrl: settings.DATABASE_MIGRATOR_URL,
      }),
    );
  }

  static forSubjectKeys(migrations: DatabaseSchema['migrations']): DynamicModule {
    return databaseModule(
      KEYS_DATABASE,
      'keys',
      [],
      migrations,
      SubjectKeySettings,
      (settings: SubjectKeySettings) => ({
        url: settings.KEYS_DATABASE_URL,
        migratorUrl: settings.KEYS_DATABASE_MIGRATOR_URL,
      }),
    );
  }
}

const databaseModule = <Settings>(
  token: typeof Database | symbol,
  name: string | undefined,
  entities: readonly Type[],
  migrations: DatabaseSchema['migrations'],
  key: Type<Settings>,
  urlsOf: (settings: Settings) => { readonly url: string; readonly migratorUrl: string | undefined },
): DynamicModule => {
  const optionsOf = (settings: Settings, service: ServiceIdentity) => ({
    url: urlsOf(settings).url,
    poolSize: name === undefined ? 10 : 4,
    applicationName: service.name,
  });
  const providers: Provider[] = [
    {
      provide: token,
      inject: [getDataSourceToken(name), key, ServiceIdentity],
      useFactory: (dataSource: DataSource, settings: Settings, service: ServiceIdentity) =>
        databaseOver(dataSource, optionsOf(settings, service)),
    },
    {
      provide: DatabaseLifecycle,
      inject: [token, ReadinessChecks],
      useFactory: (database: Database, readinessChecks: ReadinessChecks) =>
        new DatabaseLifecycle(database, name === undefined ? 'database' : 'subject-keys', readinessChecks),
    },
  ];
  return {
    module: DatabaseModule,
    imports: [
      TypeOrmModule.forRootAsync({
        ...(name === undefined ? {} : { name }),
        inject: [key, ServiceIdentity],
        useFactory: async (settings: Settings, service: ServiceIdentity) => {
          await retryWhileAway(() =>
            prepareSchemas([{ ...urlsOf(settings), migrations }], {
              say: (what, details) => Logger.log({ message: what, ...details }, 'database'),
            }),
          );
          return {
            ...dataSourceOptions(optionsOf(settings, service)),
            entities: [...entities],
            retryAttempts: 60,
            retryDelay: 1_000,
          };
        },
      }),
    ],
    providers: name === undefined ? [...providers, { provide: ExclusiveWork, useClass: LeasedWork }] : providers,
    exports: name === undefined ? [token, ExclusiveWork] : [token],
  };
};

const RETRY_INTERVAL_MS = 500;
const OUTAGE_CODES = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|57P03|08\w{3})$/;

/** Retries while the server is away, until the startup probe restarts the process. Any other error ends the start. */
const retryWhileAway = async (work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const code = String(Reflect.get(Object(error), 'code') ?? '');
      const isTerminated = error instanceof Error && error.message.startsWith('Connection terminated');
      if (!OUTAGE_CODES.test(code) && !isTerminated) throw error;
      await delay(RETRY_INTERVAL_MS);
    }
  }
};
