import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type Database, openDatabase } from '@crossroads/database';
import { eventStoreMigrations, PostgresEventStore, type Processor } from '@crossroads/eventsourcing';
import { type RunningServer, serve, startServer, type TlsFiles } from '@crossroads/grpc';
import {
  type Broker,
  publishedEvents,
  type Published,
  publicationOf,
  startRelay,
  type TopicSealing,
} from '@crossroads/messaging';
import { PARTITIONS } from '@crossroads/topology';
import { eventually } from '../eventually.js';
import { type TestDatabase, testDatabase } from '../postgres.js';

export interface TestPublisherOptions {
  /** The service that it replaces. */
  readonly name: string;
  readonly topic: string;
  readonly broker: Broker;
  readonly sealing: TopicSealing;
  readonly tls: TlsFiles;
  readonly trustDomain: string;
}

/** An event to publish. `type` is the last part of the CloudEvents type (`persons.notify.changed`). */
export interface ToPublish {
  readonly type: string;
  readonly streamId: string;
  readonly revision: bigint;
  readonly key: string;
  readonly data: Uint8Array;
}

/**
 * A stand-in for a service that publishes: an event log, a relay to the broker, and `Events/Read` over gRPC, so that cursors and their
 * order are real.
 */
export class TestPublisher {
  address = '';
  private relay: Processor | undefined;
  private server: RunningServer | undefined;

  private constructor(
    private readonly options: TestPublisherOptions,
    private readonly database: TestDatabase,
    readonly db: Database,
    readonly store: PostgresEventStore,
  ) {}

  static async start(options: TestPublisherOptions): Promise<TestPublisher> {
    const database = await testDatabase(...eventStoreMigrations);
    const db = await openDatabase({ url: database.url, poolSize: 30 });
    const publisher = new TestPublisher(options, database, db, new PostgresEventStore(db));
    await options.broker.ensureTopic({ name: options.topic, partitions: PARTITIONS, retentionDays: 7 });
    await publisher.serve();
    publisher.resume();
    return publisher;
  }

  /** @param held keeps the transaction open after the append, as a slow commit does */
  async append(event: ToPublish, held: () => Promise<void> = async () => undefined): Promise<void> {
    const data = { key: event.key, body: Buffer.from(event.data).toString('base64') };
    await this.db.transaction(async (tx) => {
      await this.store.inTransaction(tx).append([
        {
          streamId: event.streamId,
          streamType: 'published',
          expectedRevision: event.revision - 1n,
          events: [{ type: event.type, data }],
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
    const { broker, sealing } = this.options;
    const { db, store, published } = this;
    this.relay ??= startRelay({ db, store, broker, name: 'spec', published, sealing, onError: () => undefined });
  }

  /** Resolves when all appended events are on the topic. */
  async caughtUp(): Promise<void> {
    await this.relay?.caughtUp();
  }

  /** Makes the relay publish all events again with the same ids. */
  async replay(): Promise<void> {
    await this.pause();
    await this.db.query('delete from es.checkpoints');
    this.resume();
    await eventually(() => this.relay?.active() ?? false, Boolean);
    await this.caughtUp();
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.server?.stop();
    await this.db.close();
    await this.database.drop();
  }

  private readonly published: Published = (recorded) => {
    const { name, topic } = this.options;
    const { key, body } = bodyOf(recorded.data);
    return publicationOf(recorded, {
      topic,
      source: `urn:crossroads:service:${name}`,
      service: topic,
      type: `${topic}.${recorded.type}`,
      key,
      data: Buffer.from(body, 'base64'),
    });
  };

  private async serve(): Promise<void> {
    const { name, tls, trustDomain } = this.options;
    const service = serve(
      EventsServiceService,
      publishedEvents(this.store, this.published, () => true),
      {
        allow: { read: ['any'] },
      },
    );
    const domain = `${name}.crossroads`;
    this.server = await startServer({ host: '127.0.0.1', port: 0, tls, trustDomain, domain, services: [service] });
    this.address = `127.0.0.1:${this.server.port}`;
  }
}

const bodyOf = (data: unknown): { readonly key: string; readonly body: string } => {
  const textAt = (name: string) => String(typeof data === 'object' && data !== null ? Reflect.get(data, name) : '');
  return { key: textAt('key'), body: textAt('body') };
};
