import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type Database, openDatabase } from '@crossroads/database';
import {
  eventStoreMigrations,
  LogReader,
  LogStamper,
  partitionOf,
  PostgresEventStore,
  holdLog,
  type LogLeases,
} from '@crossroads/eventsourcing';
import { type RunningServer, serve, type ServedService, startServer, type TlsFiles } from '@crossroads/grpc';
import {
  type Broker,
  publicationOf,
  type Publish,
  publishedEvents,
  type PublishedLog,
  Relay,
  type TopicSealing,
} from '@crossroads/messaging';
import { PARTITIONS } from '@crossroads/topology';
import { eventually } from '../eventually.js';
import { isPublished } from '../is-published.js';
import { type TestDatabase, testDatabase } from '../postgres.js';

export interface TestPublisherOptions {
  /** The service that it replaces. */
  readonly name: string;
  readonly topic: string;
  /** `service` of the events, and the beginning of their types. */
  readonly events: string;
  readonly broker: Broker;
  readonly sealing: TopicSealing;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
  /** What it serves besides. */
  readonly services: readonly ServedService[];
}

/** An event to publish. `type` is the last part of the CloudEvents type (`persons.notify.changed`). */
export interface ToPublish {
  readonly type: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly key: string;
  /** @default the key */
  readonly routingKey?: string;
  readonly data: Uint8Array;
}

/**
 * A stand-in for a service that publishes: an event log, a relay to the broker, and `Events/Read` over gRPC, so that places and their
 * order are real.
 */
export class TestPublisher {
  address = '';
  private relay: Relay | undefined;
  private server: RunningServer | undefined;

  private constructor(
    private readonly options: TestPublisherOptions,
    private readonly database: TestDatabase,
    readonly db: Database,
    readonly store: PostgresEventStore,
    private readonly leases: LogLeases,
    private readonly stamper: LogStamper,
  ) {}

  static async start(options: TestPublisherOptions): Promise<TestPublisher> {
    const database = await testDatabase(...eventStoreMigrations);
    const db = await openDatabase({ url: database.url, poolSize: 30 });
    const leases = holdLog(db);
    const stamper = new LogStamper({ db, leases, onError: () => undefined });
    const publisher = new TestPublisher(options, database, db, new PostgresEventStore(db), leases, stamper);
    await options.broker.ensureTopic({ name: options.topic, retentionDays: 7, partitions: PARTITIONS });
    await publisher.serve();
    publisher.resume();
    return publisher;
  }

  /** @param held keeps the transaction open after the append, as a slow commit does */
  async append(event: ToPublish, held: () => Promise<void> = async () => undefined): Promise<void> {
    const data = { name: event.type, key: event.key, body: Buffer.from(event.data).toString('base64') };
    await this.db.transaction(async (tx) => {
      await this.store.inTransaction(tx).append([
        {
          streamId: event.streamId,
          streamType: 'published',
          expectedRevision: event.revision - 1n,
          routingKey: event.routingKey ?? event.key,
          events: [{ type: 'Published', data }],
        },
      ]);
      await held();
    });
  }

  /** Stops the relay: later events are only in `Events/Read`. */
  async pause(): Promise<void> {
    await this.relay?.close();
    this.relay = undefined;
  }

  resume(): void {
    const { broker, sealing, name } = this.options;
    this.relay ??= new Relay({
      ...this.published(),
      db: this.db,
      broker,
      sealing,
      source: `urn:crossroads:service:${name}`,
      stamper: this.stamper,
      leases: this.leases,
      onError: () => undefined,
    });
  }

  /** Resolves when all appended events are on the topic. */
  async caughtUp(): Promise<void> {
    await eventually(() => isPublished({ db: this.db, topics: this.published().topics }), Boolean);
  }

  /** Makes the relay publish all events again with the same ids. */
  async replay(): Promise<void> {
    await this.pause();
    await this.db.query('delete from es.steps');
    this.resume();
    await this.caughtUp();
  }

  /** Loses all but the first events in the partitions of these keys, as a restore to an older copy of the database does. */
  async restore(keys: readonly string[], keep: bigint): Promise<void> {
    await this.pause();
    const partitions = keys.map((key) => partitionOf('main', key));
    const lost = 'select month, stream_id, revision from es.log where partition = any($1) and position > $2';
    const admin = await openDatabase({ url: this.database.adminUrl });
    await admin.query(`delete from es.events where (month, stream_id, revision) in (${lost})`, [partitions, keep]);
    await admin.query('delete from es.log where partition = any($1) and position > $2', [partitions, keep]);
    await admin.query(`delete from es.steps where reader like 'relay %' and partition = any($1) and position > $2`, [
      partitions,
      keep,
    ]);
    await admin.close();
    this.resume();
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.stamper.close();
    await this.leases.close();
    await this.server?.stop();
    await this.db.close();
    await this.database.drop();
  }

  private published(): PublishedLog {
    return {
      log: new LogReader(this.db),
      types: { Published: this.publish },
      topics: new Map([[this.options.topic, 'main']]),
    };
  }

  private readonly publish: Publish = (recorded) => {
    const { name, topic, events } = this.options;
    const { name: type, key, body } = bodyOf(recorded.data);
    return publicationOf(recorded, {
      topic,
      source: `urn:crossroads:service:${name}`,
      service: events,
      type: `${events}.${type}`,
      key,
      data: Buffer.from(body, 'base64'),
    });
  };

  private async serve(): Promise<void> {
    const { name, tls, trustDomain, services } = this.options;
    const service = serve(
      EventsServiceService,
      publishedEvents(this.published(), () => true),
      {
        allow: { read: ['any'], check: ['any'] },
      },
    );
    const domain = `${name}.crossroads`;
    this.server = await startServer({
      host: '127.0.0.1',
      port: 0,
      tls,
      trustDomain,
      domain,
      services: [service, ...services],
    });
    this.address = `127.0.0.1:${this.server.port}`;
  }
}

const bodyOf = (data: unknown): { readonly name: string; readonly key: string; readonly body: string } => {
  const textAt = (name: string) => String(typeof data === 'object' && data !== null ? Reflect.get(data, name) : '');
  return { name: textAt('name'), key: textAt('key'), body: textAt('body') };
};
