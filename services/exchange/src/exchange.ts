import { readFileSync } from 'node:fs';
import { servingOf, tlsFiles } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { coalescingAppender, openDatabase, PostgresEventStore } from '@crossroads/eventsourcing';
import { type Caller, type ServerOptions, schemasAreThere, serve, warn } from '@crossroads/grpc';
import {
  type Broker,
  eventsController,
  observeJournal,
  openBroker,
  startRelay,
  TopicSealing,
} from '@crossroads/messaging';
import { followPolicy } from '@crossroads/policy';
import { FileKeyProvider, PostgresSubjectKeys, SubjectSealer, TopicSealer } from '@crossroads/privacy';
import { processLog } from '@crossroads/telemetry';
import { RPCS, TOPICS } from '@crossroads/topology';
import { readReceiptKey } from '@crossroads/transparency';
import { ExchangeController } from './api/exchange-controller.js';
import { reasonCodes } from './api/reason-codes.js';
import type { Config } from './config.js';
import { measured } from './consultation/consultation-metrics.js';
import { Consultations } from './consultation/consultations.js';
import { receiptSigner } from './consultation/receipt-signer.js';
import { AccessJournal } from './journal/access-journal.js';
import { OpenAccesses } from './journal/open-accesses.js';
import { RecordSeals } from './journal/sealed-record.js';
import { UnknownOutcomes } from './journal/unknown-outcomes.js';
import { Mutations } from './mutations/mutations.js';
import { OfficialTokens } from './officials/official-token.js';
import { ACCESS_TOPIC, MUTATION_TOPIC, published } from './published.js';
import { databaseSchemas } from './schemas.js';
import { DataSchemas } from './sources/data-schemas.js';
import { DirectoryClient } from './sources/directory-client.js';
import { SourceClients } from './sources/source-clients.js';

const RELAY = 'exchange';

/** Everything that runs, and how it ends. */
export interface Exchange {
  readonly server: ServerOptions;
  close(): Promise<void>;
}

export const openExchange = async (config: Config): Promise<Exchange> => {
  await schemasAreThere(databaseSchemas(config));
  const db = await openDatabase({ url: config.databaseUrl, applicationName: 'exchange' });
  const keysDb = await openDatabase({ url: config.keysDatabaseUrl, poolSize: 4, applicationName: 'exchange' });
  const tls = tlsFiles(config);
  const mesh = { tls, trustDomain: config.trustDomain };
  const now = () => new Date();

  const keys = new FileKeyProvider(config.keyFile);
  const sealer = new SubjectSealer(new PostgresSubjectKeys({ db: keysDb, keys }));
  const seals = new RecordSeals(sealer);
  const store = new PostgresEventStore(db);
  const broker = await openBus(config, tls);
  const policies = followPolicy({ address: config.authorizationAddress, ...mesh, onError: warn('policy') });
  const directory = new DirectoryClient(config.directoryAddress, mesh);
  const sources = new SourceClients({
    ...mesh,
    onFailure: (service, code) => processLog().warn('a source did not answer', { dataService: service, code }),
  });
  const schemas = new DataSchemas();

  const open = new OpenAccesses(db, now);
  const unknownOutcomes = new UnknownOutcomes({ db, store, seals, open, now, onError: warn('unknown outcomes') });
  await unknownOutcomes.start();
  const relay = startRelay({
    db,
    store,
    broker,
    name: RELAY,
    // What comes in a quarter of a second travels together to the access log, which takes it in one transaction.
    paceMs: 250,
    published: published(sealer, seals, store),
    sealing: new TopicSealing(new TopicSealer({ keys, producer: 'exchange' })),
    onError: warn('relay'),
  });
  const unobserve = observeJournal({
    db,
    relay: RELAY,
    types: ['AccessIntended', 'AccessConcluded', 'AccessRefused'],
    receipted: ['AccessIntended'],
  });

  const controller = new ExchangeController({
    consultations: measured(
      new Consultations({
        policies,
        directory,
        journal: new AccessJournal(store, coalescingAppender(store), seals, open),
        sources,
        schemas,
        sign: receiptSigner(readReceiptKey(readFileSync(config.receiptKeyFile, 'utf8')), config.logOrigin),
        now,
      }),
    ),
    mutations: new Mutations({ policies, directory, schemas, store, sealer, now }),
    policies,
    tokens: new OfficialTokens(now),
    mode: config.mode,
    now,
  });

  return {
    server: {
      ...servingOf(config),
      domain: 'exchange.crossroads',
      reasonCodes,
      readiness: {
        database: () => db.ready(),
        journal: () => open.ready(),
        'subject-keys': () => keysDb.ready(),
        policy: () => policies.ready(),
        bus: { ask: () => broker.ready(), graceMs: config.busGraceMs },
      },
      services: [
        serve(ExchangeServiceService, controller, {
          allow: RPCS.exchange['crossroads.exchange.v1.ExchangeService'],
          authenticate: (caller: Caller) => policies.requireRegistered(caller),
        }),
        serve(EventsServiceService, eventsController(store, published(sealer, seals, store)), {
          allow: RPCS.exchange['crossroads.events.v1.EventsService'],
        }),
      ],
    },
    close: async () => {
      unobserve();
      await relay.close();
      await unknownOutcomes.close();
      await policies.close();
      await broker.close();
      directory.close();
      sources.close();
      await db.close();
      await keysDb.close();
    },
  };
};

const openBus = async (
  { kafkaBrokers, embeddedLogUrl }: Config,
  tls: { ca: string; cert: string; key: string },
): Promise<Broker> => {
  const broker = await openBroker({ clientId: 'exchange', kafkaBrokers, embeddedLogUrl, tls });
  // One partition each: consumers follow by cursor, which orders no more than that.
  await broker.ensureTopic({ name: ACCESS_TOPIC, retentionDays: TOPICS[ACCESS_TOPIC].retentionDays });
  await broker.ensureTopic({ name: MUTATION_TOPIC, retentionDays: TOPICS[MUTATION_TOPIC].retentionDays });
  return broker;
};
