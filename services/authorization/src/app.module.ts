import { servingOf, tlsFiles } from '@crossroads/configuration';
import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { openDatabase } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import { type Caller, GrpcServer, PermissionDenied, Running, schemasAreThere, serve, warn } from '@crossroads/grpc';
import { eventsController } from '@crossroads/messaging';
import { observe } from '@crossroads/telemetry';
import { RPCS } from '@crossroads/topology';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuthorizationController } from './api/authorization.controller.js';
import { PolicyLists } from './api/policy-lists.js';
import { reasonCodes } from './api/reason-codes.js';
import { bootstrap } from './bootstrap.js';
import type { Config } from './config.js';
import { LivePolicy } from './live-policy.js';
import { PolicyCommands } from './policy-commands.js';
import { published } from './published.js';
import { Publisher } from './publisher.js';
import { databaseSchemas } from './schemas.js';

const NAME = 'authorization';

const compose = async (config: Config): Promise<Running> => {
  await schemasAreThere(databaseSchemas(config));
  const db = await openDatabase({ url: config.databaseUrl, applicationName: NAME });
  const store = new PostgresEventStore(db);
  if (config.firstAdministrator) await bootstrap(store, config.firstAdministrator);

  const live = new LivePolicy({
    store,
    onLogGrown: (listener) => db.session.onLogGrown(listener),
    onError: warn('policy stream'),
  });
  await live.start();
  const observed = [
    observe('crossroads.policy_age.seconds', () => (performance.now() - live.confirmedAt) / 1_000),
    observe('crossroads.policy_revision', () => Number(live.revision)),
  ];
  const commands = new PolicyCommands(store, live, warn('policy stream'));
  const tls = tlsFiles(config);
  const { kafkaBrokers, embeddedLogUrl } = config;
  const publisher = new Publisher(db, store, { clientId: NAME, kafkaBrokers, embeddedLogUrl, tls }, warn('publishing'));

  const requireRegistered = (caller: Caller) => {
    if (!live.index.isRegistered(caller))
      throw new PermissionDenied(
        'KEY_NOT_REGISTERED',
        'the key of this certificate is not registered; ask an administrator to register it',
      );
  };
  const server = new GrpcServer({
    ...servingOf(config),
    domain: 'authorization.crossroads',
    reasonCodes,
    readiness: {
      database: () => db.ready(),
      policy: () => live.isFresh(),
      bus: { ask: () => publisher.busReady(), graceMs: config.busGraceMs },
    },
    services: [
      serve(AuthorizationServiceService, new AuthorizationController(commands, live, new PolicyLists(live.state)), {
        authenticate: requireRegistered,
        endless: ['watch'],
        allow: RPCS[NAME]['crossroads.authorization.v1.AuthorizationService'],
      }),
      serve(EventsServiceService, eventsController(store, published), {
        allow: RPCS[NAME]['crossroads.events.v1.EventsService'],
      }),
    ],
  });
  return new Running(server, [
    async () => {
      for (const end of observed) end();
    },
    () => publisher.close(),
    () => live.close(),
    () => db.close(),
  ]);
};

@Module({})
class AppModule {}

/** The composition root. */
export const appModule = (config: Config): DynamicModule => ({
  module: AppModule,
  providers: [
    { provide: Running, useFactory: () => compose(config) },
    { provide: GrpcServer, useFactory: ({ server }: Running) => server, inject: [Running] },
  ],
});
