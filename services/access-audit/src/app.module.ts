import { servingOf, tlsFiles } from '@crossroads/configuration';
import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { openDatabase, PostgresEventStore } from '@crossroads/eventsourcing';
import { type Caller, connect, GrpcServer, PageTokens, Running, schemasAreThere, serve, warn } from '@crossroads/grpc';
import { consumeFrom, cursorStore, observeParked, openBroker, TopicSealing } from '@crossroads/messaging';
import { followPolicy } from '@crossroads/policy';
import { FileKeyProvider, PostgresSubjectKeys, SubjectSealer, TopicSealer } from '@crossroads/privacy';
import { RPCS } from '@crossroads/topology';
import { Module } from '@nestjs/common';
import { AuditController } from './api/audit.controller.js';
import { type Config, readConfig } from './config.js';
import { AuditAge } from './consumers/audit-age.js';
import { ACCESS_TOPIC, Journals } from './consumers/journals.js';
import { AccessLog } from './log/access-log.js';
import { databaseSchemas } from './schemas.js';

const NAME = 'access-audit';

const compose = async (config: Config): Promise<Running> => {
  await schemasAreThere(databaseSchemas(config));
  const db = await openDatabase({ url: config.databaseUrl, applicationName: NAME });
  const keysDb = await openDatabase({ url: config.keysDatabaseUrl, poolSize: 4, applicationName: NAME });
  const tls = tlsFiles(config);
  const mesh = { tls, trustDomain: config.trustDomain };

  const keys = new FileKeyProvider(config.keyFile);
  const log = new AccessLog(
    new PostgresEventStore(db),
    new SubjectSealer(new PostgresSubjectKeys({ db: keysDb, keys })),
  );
  const sealing = new TopicSealing(new TopicSealer({ keys, producer: NAME }));
  const journals = new Journals({ db, log, sealing });
  const policy = followPolicy({ address: config.authorizationAddress, ...mesh, onError: warn('policy') });
  const directory = connect(DirectoryServiceService, config.directoryAddress, {
    ...mesh,
    server: { kind: 'service', name: 'reference-directory' },
    reads: ['check'],
  });
  const broker = await openBroker({
    clientId: NAME,
    kafkaBrokers: config.kafkaBrokers,
    embeddedLogUrl: config.embeddedLogUrl,
    tls,
  });
  const publishers = [
    ['exchange', config.exchangeAddress],
    ['subscription', config.subscriptionAddress],
  ] as const;
  const sources = publishers.map(([name, address]) => ({
    source: `urn:crossroads:service:${name}`,
    eventsClient: connect(EventsServiceService, address, { ...mesh, server: { kind: 'service', name } }),
  }));
  const age = new AuditAge();
  const endParked = observeParked(db, [ACCESS_TOPIC]);
  const consumption = consumeFrom({
    broker,
    topic: ACCESS_TOPIC,
    group: NAME,
    sources,
    cursorStore: cursorStore(db),
    onBatch: async (batch) => {
      await journals.take(batch);
      age.taken(batch);
    },
    onError: warn(ACCESS_TOPIC),
  });
  // A key that was missing may have come with this start.
  const redriving = journals.redrive().catch(warn('redrive'));

  const controller = new AuditController({
    db,
    log,
    policy: () => policy.policy(),
    check: (ssin) =>
      directory.check({ person: { by: { $case: 'ssin', value: ssin } }, institutions: [], date: undefined }),
    pageTokens: new PageTokens(await keys.secret('page-tokens')),
    mode: config.mode,
    now: () => new Date(),
  });
  const server = new GrpcServer({
    ...servingOf(config),
    domain: 'access-audit.crossroads',
    readiness: {
      database: () => db.ready(),
      'subject-keys': () => keysDb.ready(),
      policy: () => policy.ready(),
      bus: { ask: () => broker.ready(), graceMs: config.busGraceMs },
    },
    services: [
      serve(AuditServiceService, controller, {
        allow: RPCS[NAME]['crossroads.audit.v1.AuditService'],
        authenticate: (caller: Caller) => policy.requireRegistered(caller),
      }),
    ],
  });
  return new Running(server, [
    () => consumption.close(),
    () => redriving,
    async () => {
      age.close();
      endParked();
    },
    () => policy.close(),
    () => broker.close(),
    async () => {
      directory.close();
      for (const { eventsClient } of sources) eventsClient.close();
    },
    () => db.close(),
    () => keysDb.close(),
  ]);
};

@Module({
  providers: [
    { provide: Running, useFactory: () => compose(readConfig()) },
    { provide: GrpcServer, inject: [Running], useFactory: ({ server }: Running) => server },
  ],
})
export class AppModule {}
