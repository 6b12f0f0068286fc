import { readFile } from 'node:fs/promises';
import { tlsFiles } from '@crossroads/configuration';
import { type Database, openDatabase } from '@crossroads/database';
import { BatchingReader, PostgresEventStore } from '@crossroads/eventsourcing';
import { type Readiness, schemasAreThere, warn } from '@crossroads/grpc';
import { type Published, TopicSealing } from '@crossroads/messaging';
import { followPolicy, type PolicyFollower } from '@crossroads/policy';
import { BlindIndex, FileKeyProvider, PostgresSubjectKeys, SubjectSealer, TopicSealer } from '@crossroads/privacy';
import { type ReceiptKeys, readReceiptKeys } from '@crossroads/transparency';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from './config.js';
import { People } from './people.js';
import { publishedFrom } from './published.js';
import { Publishing } from './publishing.js';
import { databaseSchemas } from './schemas.js';

const SERVICE = 'person-registry';
/** The name of the blind index's key; the reference directory has it as well. */
const SSIN_INDEX = 'ssin-index';

/** What the service stands on, in the order in which it is opened; closed the other way round, after the server. */
export class Infrastructure implements OnApplicationShutdown {
  private constructor(
    readonly db: Database,
    private readonly keysDb: Database,
    readonly store: PostgresEventStore,
    readonly keys: PostgresSubjectKeys,
    readonly people: People,
    readonly published: Published,
    readonly follower: PolicyFollower,
    readonly receiptKeys: ReceiptKeys,
    private readonly publishing: Publishing,
  ) {}

  static async open(config: Config): Promise<Infrastructure> {
    await schemasAreThere(databaseSchemas(config));
    const tls = tlsFiles(config);
    const receiptKeys = readReceiptKeys(await readFile(config.receiptKeysFile, 'utf8'));
    const provider = new FileKeyProvider(config.keyFile);
    const db = await openDatabase({ url: config.databaseUrl, applicationName: SERVICE });
    const keysDb = await openDatabase({ url: config.keysDatabaseUrl, applicationName: SERVICE, poolSize: 5 });
    const store = new PostgresEventStore(db);
    const keys = new PostgresSubjectKeys({ db: keysDb, keys: provider });
    const reader = new BatchingReader(store);
    const people = new People(reader, await BlindIndex.open(provider, SSIN_INDEX), new SubjectSealer(keys));
    const published = publishedFrom(people, reader);

    const { kafkaBrokers, embeddedLogUrl, trustDomain } = config;
    const bus = { clientId: SERVICE, kafkaBrokers, embeddedLogUrl, tls };
    const sealing = new TopicSealing(new TopicSealer({ keys: provider, producer: SERVICE }));
    const publishing = new Publishing({ db, store, bus, published, sealing, onError: warn('publishing') });

    const follower = followPolicy({ address: config.authorizationAddress, tls, trustDomain });
    return new Infrastructure(db, keysDb, store, keys, people, published, follower, receiptKeys, publishing);
  }

  readiness(busGraceMs: number): Readiness {
    return {
      database: () => this.db.ready(),
      'subject-keys': () => this.keysDb.ready(),
      policy: () => this.follower.ready(),
      bus: { ask: () => this.publishing.busReady(), graceMs: busGraceMs },
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.follower.close();
    await this.publishing.close();
    await this.keysDb.close();
    await this.db.close();
  }
}
