import { sourceService } from '@crossroads/source';
import { readConfiguration, servingOf } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { type Caller, type ValidationContext, GrpcServer, type ServedService, serve } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { eventsController } from '@crossroads/messaging';
import { RPCS } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { Reporters } from './access.js';
import { PersonController } from './api/person-controller.js';
import { reasonCodes } from './api/reason-codes.js';
import { type Config, settings } from './config.js';
import { IDENTIFICATION } from './identification.js';
import { Importer } from './importer.js';
import { Infrastructure } from './infrastructure.js';
import { Reading } from './reading.js';
import { Registry } from './registry.js';

const SERVED = RPCS['person-registry'];

const servicesOf = (config: Config, infrastructure: Infrastructure): ServedService[] => {
  const { store, people, keys, follower, published, receiptKeys } = infrastructure;
  const door = doorOf(config.mode);
  const registry = new Registry(store, people);
  const reading = new Reading(people);
  const importer = new Importer(store, people, registry, keys);
  const persons = new PersonController(registry, reading, importer, new Reporters(follower), door);
  return [
    serve(PersonServiceService, persons, {
      allow: SERVED['crossroads.person.v1.PersonService'],
      authenticate: (caller: Caller) => follower.requireRegistered(caller),
    }),
    serve(EventsServiceService, eventsController(store, published), {
      allow: SERVED['crossroads.events.v1.EventsService'],
    }),
    sourceService({
      dataServices: [IDENTIFICATION],
      receiptKeys,
      validation: door,
      supply: ({ ssin, day, fieldGroups }) => reading.identification(ssin, day, fieldGroups),
    }),
  ];
};

/** Which day it is costs more to find out than a number to check: asked once a second. */
const doorOf = (mode: Config['mode']): (() => ValidationContext) => {
  let known: { readonly second: number; readonly door: ValidationContext } | undefined;
  return () => {
    const second = Math.floor(Date.now() / 1000);
    if (known?.second !== second) known = { second, door: { mode, today: dayOf(new Date()) } };
    return known.door;
  };
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
          domain: 'person-registry.crossroads',
          reasonCodes,
          services: servicesOf(config, infrastructure),
          readiness: infrastructure.readiness(config.busGraceMs),
        }),
    },
  ],
})
export class AppModule {}
