import { tlsFiles } from '@crossroads/configuration';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type Database, openDatabase } from '@crossroads/database';
import { PostgresEventStore, type Processor } from '@crossroads/eventsourcing';
import { connect, type Readiness, schemasAreThere, warn } from '@crossroads/grpc';
import {
  type Broker,
  type Consumption,
  consumeFrom,
  cursorStore,
  observeParked,
  openBroker,
  type Published,
  startRelay,
  TopicSealing,
} from '@crossroads/messaging';
import { followPolicy, type PolicyFollower } from '@crossroads/policy';
import { BlindIndex, FileKeyProvider, TopicSealer } from '@crossroads/privacy';
import { TOPICS } from '@crossroads/topology';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from './config.js';
import { PERSON_TOPIC, PersonFeed } from './consumers/person-feed.js';
import { publishedFrom, TOPIC } from './published.js';
import { databaseSchemas } from './schemas.js';
import { SsinSeal } from './view/ssin-seal.js';

const SERVICE = 'reference-directory';
const REGISTRY = 'person-registry';
/** The name of the blind index's key; the person registry has it as well. */
const SSIN_INDEX = 'ssin-index';
/** An event may hold 5,000 changes, which are ten times as long when they are published. */
const RELAYED_AT_ONCE = 20;

/** What the service stands on, in the order in which it is opened; closed the other way round, after the server. */
export class Infrastructure implements OnApplicationShutdown {
  private constructor(
    readonly db: Database,
    readonly store: PostgresEventStore,
    readonly index: BlindIndex,
    readonly seal: SsinSeal,
    readonly pageTokenKey: Uint8Array,
    readonly published: Published,
    readonly follower: PolicyFollower,
    readonly readiness: Readiness,
    private readonly closings: readonly (() => Promise<void> | void)[],
  ) {}

  static async open(config: Config): Promise<Infrastructure> {
    await schemasAreThere(databaseSchemas(config));
    const { trustDomain, kafkaBrokers, embeddedLogUrl } = config;
    const tls = tlsFiles(config);
    const keys = new FileKeyProvider(config.keyFile);
    const index = await BlindIndex.open(keys, SSIN_INDEX);
    const seal = new SsinSeal(await keys.secrets(SSIN_INDEX));
    const pageTokenKey = await keys.secret('page-tokens');
    const db = await openDatabase({ url: config.databaseUrl, applicationName: SERVICE });
    const store = new PostgresEventStore(db);
    const published = publishedFrom(db);

    const broker = await openBroker({ clientId: SERVICE, kafkaBrokers, embeddedLogUrl, tls });
    await broker.ensureTopic({ name: TOPIC, retentionDays: TOPICS[TOPIC].retentionDays });
    const relay: Processor = startRelay({
      db,
      store,
      broker,
      name: 'relay',
      published,
      batchSize: RELAYED_AT_ONCE,
      onError: warn('relay'),
    });
    const feed = followPersons(config, db, broker, new TopicSealing(new TopicSealer({ keys, producer: SERVICE })));
    const follower = followPolicy({
      address: config.authorizationAddress,
      tls,
      trustDomain,
      onError: warn('policy'),
    });
    const readiness: Readiness = {
      database: () => db.ready(),
      policy: () => follower.ready(),
      bus: { ask: () => broker.ready(), graceMs: config.busGraceMs },
    };
    return new Infrastructure(db, store, index, seal, pageTokenKey, published, follower, readiness, [
      () => follower.close(),
      () => feed.close(),
      () => relay.close(),
      () => broker.close(),
      () => db.close(),
    ]);
  }

  async onApplicationShutdown(): Promise<void> {
    for (const close of this.closings) await close();
  }
}

/** What the registry says of numbers, from its beginning. */
const followPersons = (config: Config, db: Database, broker: Broker, sealing: TopicSealing): Consumption => {
  const server = { kind: 'service', name: REGISTRY } as const;
  const { trustDomain, registryAddress } = config;
  const events = connect(EventsServiceService, registryAddress, { tls: tlsFiles(config), trustDomain, server });
  const feed = new PersonFeed(db, sealing);
  const consumption = consumeFrom({
    broker,
    topic: PERSON_TOPIC,
    group: SERVICE,
    sources: [{ source: `urn:crossroads:service:${REGISTRY}`, eventsClient: events }],
    cursorStore: cursorStore(db),
    onBatch: (events) => feed.take(events),
    onError: warn('person feed'),
  });
  // A key that was missing may have come with this start.
  const redriving = feed.redrive().catch(warn('redrive'));
  const endParked = observeParked(db, [PERSON_TOPIC]);
  return {
    close: async () => {
      endParked();
      await consumption.close();
      await redriving;
      events.close();
    },
  };
};
