import { checkSettings, DatabaseSettings } from '@crossroads/configuration';
import { type Database, openDatabase } from '@crossroads/database';
import { ownLog, type RebuildOptions, type Rebuilt, rebuildView } from '@crossroads/eventsourcing';
import { createApplication, GrpcClients } from '@crossroads/grpc';
import { followedTopic } from '@crossroads/messaging';
import type { Type } from '@nestjs/common';
import type { ServiceDefinition } from './define-service.js';
import type { ProviderOf, ViewOfLog, ViewOfTopic } from './views.js';

export interface RebuildRequest {
  readonly view: string;
  readonly fresh: boolean;
}

/** Partitions are applied at the same time, and the table is asked beside them. */
const POOL_SIZE = 6;

/** Rebuilds a view from events. @throws when there is no such view, or when live rows differed from the rebuilt ones */
export const rebuild = async (
  service: ServiceDefinition,
  module: Type,
  { view: name, fresh }: RebuildRequest,
  say: (line: string) => void,
): Promise<void> => {
  checkSettings(service.needed);
  const { DATABASE_MIGRATOR_URL: url } = new DatabaseSettings();
  if (url === undefined) throw new Error('a rebuild needs DATABASE_MIGRATOR_URL');
  const migrator = await openDatabase({ url, poolSize: POOL_SIZE });
  try {
    const providerOf = providersOf(module);
    const views = service.views(migrator, providerOf);
    const view = views[name];
    if (view === undefined)
      throw new Error(`there is no view "${name}" to rebuild; there are: ${Object.keys(views).join(', ') || 'none'}`);
    const { events, rows, differing, heldMs } = await rebuildFrom(migrator, providerOf, view, { say, fresh });
    say(`${name}: ${rows} rows, ${events} events applied, ${differing} rows differed; writers waited ${heldMs} ms`);
    if (differing > 0) throw new Error(`${differing} rows were wrong, and are right now`);
  } finally {
    await migrator.close();
  }
};

const rebuildFrom = async (
  migrator: Database,
  providerOf: ProviderOf,
  view: ViewOfLog | ViewOfTopic,
  options: RebuildOptions,
): Promise<Rebuilt> => {
  if (view.from === 'log') return rebuildView(migrator, view, ownLog(migrator), options);
  return rebuildView(migrator, view, followedTopic(view.from, await providerOf(GrpcClients), migrator), options);
};

/** Created once, and not started: a running process goes on with its own work. */
const providersOf = (module: Type): ProviderOf => {
  let created: ReturnType<typeof createApplication> | undefined;
  return async (type) => {
    created ??= createApplication(module);
    return (await created).get(type, { strict: false });
  };
};
