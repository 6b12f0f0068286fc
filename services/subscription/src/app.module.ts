import { readFileSync } from 'node:fs';
import { servingOf, tlsFiles } from '@crossroads/configuration';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';
import { type Database, openDatabase } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import { connect, GrpcServer, PageTokens, Running, schemasAreThere, serve, warn } from '@crossroads/grpc';
import {
  type Broker,
  consumeFrom,
  cursorStore,
  eventsController,
  observeJournal,
  observeParked,
  openBroker,
  startRelay,
  TopicSealing,
} from '@crossroads/messaging';
import { followPolicy } from '@crossroads/policy';
import { FileKeyProvider, PostgresSubjectKeys, SubjectSealer, TopicSealer } from '@crossroads/privacy';
import { RPCS, TOPICS } from '@crossroads/topology';
import { readReceiptKey } from '@crossroads/transparency';
import { Module } from '@nestjs/common';
import { reasonCodes } from './api/reason-codes.js';
import { SubscriptionController } from './api/subscription.controller.js';
import { type Config, readConfig } from './config.js';
import { MUTATION_TOPICS, Mutations } from './consumers/mutations.js';
import { Parked } from './consumers/parked.js';
import { Closing } from './deliveries/closing.js';
import { observeDeliveries } from './deliveries/delivery-metrics.js';
import { DeliveryRelay } from './deliveries/delivery-relay.js';
import { Numbering } from './deliveries/numbering.js';
import { directoryChecks } from './directory-checks.js';
import { ACCESS_TOPIC, published } from './published.js';
import { databaseSchemas } from './schemas.js';
import { Subscriptions } from './subscriptions.js';
import { readersOf } from './topic-readers.js';

const GROUP = 'subscription';
const JOURNAL_RELAY = 'journal';

const compose = async (config: Config): Promise<Running> => {
  await schemasAreThere(databaseSchemas(config));
  const db = await openDatabase({ url: config.databaseUrl, applicationName: 'subscription' });
  const keysDb = await openDatabase({ url: config.keysDatabaseUrl, poolSize: 4, applicationName: 'subscription' });
  const tls = tlsFiles(config);
  const mesh = { tls, trustDomain: config.trustDomain };
  const now = () => new Date();

  const keys = new FileKeyProvider(config.keyFile);
  const sealer = new SubjectSealer(new PostgresSubjectKeys({ db: keysDb, keys }));
  const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'subscription' }));
  const signer = { key: readReceiptKey(readFileSync(config.receiptKeyFile, 'utf8')), logOrigin: config.logOrigin };
  const store = new PostgresEventStore(db);
  const policy = followPolicy({ address: config.authorizationAddress, ...mesh, onError: warn('policy') });
  const directory = connect(DirectoryServiceService, config.directoryAddress, {
    ...mesh,
    server: { kind: 'service', name: 'reference-directory' },
    reads: ['check', 'batchCheck'],
  });
  const broker = await openBroker({
    clientId: GROUP,
    kafkaBrokers: config.kafkaBrokers,
    embeddedLogUrl: config.embeddedLogUrl,
    tls,
  });

  await broker.ensureTopic({ name: ACCESS_TOPIC, retentionDays: TOPICS[ACCESS_TOPIC].retentionDays });

  const currentPolicy = () => policy.policy();
  const checks = directoryChecks(directory);
  const closing = new Closing(db, store, sealer, now);
  const relay = new DeliveryRelay({
    db,
    broker,
    sealer,
    closing,
    policy: currentPolicy,
    pseudonyms: await keys.secret('pseudonyms'),
    now,
    onError: warn('delivery relay'),
  });
  const onNumbered = () => relay.nudge();
  const numbering = new Numbering(store, sealer, signer, now);
  const mutations = new Mutations({
    db,
    sealing,
    numbering,
    policy: currentPolicy,
    check: checks.byPerson,
    now,
    onNumbered,
  });
  const subscriptions = new Subscriptions({
    db,
    store,
    broker,
    closing,
    policy: currentPolicy,
    check: checks.bySsin,
    now,
    onNumbered,
  });
  const readers = readersOf({
    db,
    policy,
    subscriptions,
    onChange: () => relay.policyChanged(),
    onError: warn('topic readers'),
  });
  const journal = startRelay({
    db,
    store,
    broker,
    name: JOURNAL_RELAY,
    paceMs: 200,
    published: published(sealer),
    sealing,
    onError: warn('journal relay'),
  });
  const consumers = consume(config, mesh, db, broker, mutations);
  relay.start();
  const observed = [
    observeDeliveries(db),
    observeParked(db, MUTATION_TOPICS),
    observeJournal({
      db,
      relay: JOURNAL_RELAY,
      types: ['DeliveryJournaled', 'DeliveryWithheld'],
      receipted: ['DeliveryJournaled'],
    }),
  ];

  const controller = new SubscriptionController({
    subscriptions,
    parked: new Parked(store, mutations),
    db,
    policy: currentPolicy,
    pageTokens: new PageTokens(await keys.secret('page-tokens')),
    mode: config.mode,
    now,
  });
  const authenticate = (caller: Parameters<typeof policy.requireRegistered>[0]) => policy.requireRegistered(caller);
  const server = new GrpcServer({
    ...servingOf(config),
    domain: 'subscription.crossroads',
    reasonCodes,
    readiness: {
      database: () => db.ready(),
      'subject-keys': () => keysDb.ready(),
      policy: () => policy.ready(),
      bus: { ask: () => broker.ready(), graceMs: config.busGraceMs },
    },
    services: [
      serve(SubscriptionServiceService, controller, {
        allow: RPCS.subscription['crossroads.subscription.v1.SubscriptionService'],
        authenticate,
      }),
      serve(EventsServiceService, eventsController(store, published(sealer)), {
        allow: RPCS.subscription['crossroads.events.v1.EventsService'],
      }),
    ],
  });
  return new Running(server, [
    // Together: with the broker away each of them takes seconds.
    () => Promise.all([...consumers, relay, readers, journal].map((one) => one.close())),
    async () => {
      for (const end of observed) end();
    },
    () => policy.close(),
    () => broker.close(),
    async () => directory.close(),
    () => db.close(),
    () => keysDb.close(),
  ]);
};

/** Both topics in one group; each from its publisher's beginning when this service is new. */
const consume = (
  config: Config,
  mesh: {
    readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
    readonly trustDomain: string;
  },
  db: Database,
  broker: Broker,
  mutations: Mutations,
) =>
  (
    [
      ['crossroads.person.v1', 'person-registry', config.registryAddress],
      ['crossroads.mutation.v1', 'exchange', config.exchangeAddress],
    ] as const
  ).map(([topic, name, address]) => {
    const events = connect(EventsServiceService, address, { ...mesh, server: { kind: 'service', name } });
    const consumption = consumeFrom({
      broker,
      topic,
      // One group a topic: members of a group that read different topics are given each other's partitions.
      group: `${GROUP}.${topic}`,
      sources: [{ source: `urn:crossroads:service:${name}`, eventsClient: events }],
      cursorStore: cursorStore(db),
      onBatch: (batch) => mutations.take(topic, batch),
      onError: warn(topic),
    });
    return {
      close: async () => {
        await consumption.close();
        events.close();
      },
    };
  });

@Module({
  providers: [
    { provide: Running, useFactory: () => compose(readConfig()) },
    { provide: GrpcServer, inject: [Running], useFactory: ({ server }: Running) => server },
  ],
})
export class AppModule {}
