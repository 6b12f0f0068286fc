import { readConfiguration, servingOf } from '@crossroads/configuration';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import {
  type Caller,
  type ValidationContext,
  GrpcServer,
  PageTokens,
  type ServedService,
  serve,
} from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { eventsController } from '@crossroads/messaging';
import { RPCS } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { Acting } from './api/acting.js';
import { DirectoryController } from './api/directory-controller.js';
import { reasonCodes } from './api/reason-codes.js';
import { Checker } from './application/checker.js';
import { Inscriber } from './application/inscriber.js';
import { InscriptionList } from './application/inscription-list.js';
import { type Config, settings } from './config.js';
import { Infrastructure } from './infrastructure.js';
import { Files } from './view/files.js';

const SERVED = RPCS['reference-directory'];

const servicesOf = (config: Config, infrastructure: Infrastructure): ServedService[] => {
  const { db, store, index, seal, follower, published, pageTokenKey } = infrastructure;
  const files = new Files(db);
  const directory = new DirectoryController({
    inscriber: new Inscriber({ db, store, files, index, seal }),
    checker: new Checker(db, files, index),
    list: new InscriptionList(db, files, seal),
    acting: new Acting(follower),
    pageTokens: new PageTokens(pageTokenKey),
    door: (): ValidationContext => ({ mode: config.mode, today: dayOf(new Date()) }),
  });
  return [
    serve(DirectoryServiceService, directory, {
      allow: SERVED['crossroads.directory.v1.DirectoryService'],
      authenticate: (caller: Caller) => {
        // Services are known by their certificate alone: they are answered also while authorization is away.
        if (caller.kind === 'institution') follower.requireRegistered(caller);
      },
    }),
    serve(EventsServiceService, eventsController(store, published), {
      allow: SERVED['crossroads.events.v1.EventsService'],
    }),
  ];
};

/** Everything is put together here, and nowhere else. */
@Module({
  providers: [
    { provide: 'config', useFactory: () => readConfiguration(settings) },
    { provide: Infrastructure, useFactory: (config: Config) => Infrastructure.open(config), inject: ['config'] },
    {
      provide: GrpcServer,
      inject: ['config', Infrastructure],
      useFactory: (config: Config, infrastructure: Infrastructure) =>
        new GrpcServer({
          ...servingOf(config),
          domain: 'reference-directory.crossroads',
          reasonCodes,
          services: servicesOf(config, infrastructure),
          readiness: infrastructure.readiness,
        }),
    },
  ],
})
export class AppModule {}
