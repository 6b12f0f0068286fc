import {
  type Database,
  databaseOver,
  dataSourceOptions,
  grantsToService,
  type MigrationClass,
  openDatabase,
  type Tx,
} from '@crossroads/database';
import { stepsMigrations } from '@crossroads/eventsourcing';
import {
  type Broker,
  type CloudEvent,
  consumeFrom,
  type EventConsumer,
  type EventSource,
  Inbox,
  Opening,
  ParkedMessageEntity,
  ParkedMessageRepository,
  parkingMigrations,
  type PhantomRange,
  type PhantomWork,
  type Reading,
  type RestoredLog,
} from '@crossroads/messaging';
import { numberOf } from '@crossroads/messaging/broker.contract';
import { type TestDatabase, testDatabase } from '@crossroads/testing';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { sealing, TOPIC } from './sealing.js';

/** What consumers have done. Nothing in it prevents that something is done twice. */
class Effects1764201600090 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table effects (id bigint generated always as identity, n int, partition int, position bigint)',
    );
    await runner.query(grantsToService({ effects: 'select, insert' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table effects');
  }
}

const migrations: readonly MigrationClass[] = [...stepsMigrations, ...parkingMigrations, Effects1764201600090];

interface Effect {
  readonly n: number;
  readonly partition: number;
  readonly position: bigint;
}

/** The database of a service that records each event that it gets. */
export class RecordingService {
  private constructor(
    private readonly database: TestDatabase,
    readonly db: Database,
    private readonly inbox: Inbox,
    private readonly opening: Opening,
    readonly parked: ParkedMessageRepository,
  ) {}

  static async start(): Promise<RecordingService> {
    const database = await testDatabase(...migrations);
    const { url } = database;
    const dataSource = new DataSource({ ...dataSourceOptions({ url }), entities: [ParkedMessageEntity] });
    await dataSource.initialize();
    const db = databaseOver(dataSource, { url });
    const parked = new ParkedMessageRepository(dataSource.getRepository(ParkedMessageEntity));
    return new RecordingService(database, db, new Inbox(db, sealing, parked), new Opening(db, sealing), parked);
  }

  /** As superuser: the service itself may not. */
  async asAdmin(sql: string, params: readonly unknown[]): Promise<void> {
    const admin = await openDatabase({ url: this.database.adminUrl, poolSize: 1 });
    await admin.query(sql, params);
    await admin.close();
  }

  async stop(): Promise<void> {
    await this.db.close();
    await this.database.drop();
  }

  /** One process of the service. */
  consume(
    broker: Pick<Broker, 'consume'>,
    sources: readonly EventSource[],
    consumer: RecordingConsumer = new RecordingConsumer(),
    { topic = TOPIC, group = 'spec', lookAgainMs = 30_000, withheldAfterMs = 3_600_000 } = {},
  ) {
    const errors: string[] = [];
    const consumption = consumeFrom({
      broker,
      topic,
      group,
      sources,
      open: (messages) => this.opening.open(topic, messages),
      db: this.db,
      lookAgainMs,
      withheldAfterMs,
      onBatch: (events, record) => this.inbox.handleBatch(TOPIC, consumer, events, undefined, record),
      onError: (error) => void errors.push(error instanceof Error ? error.name : String(error)),
    });
    return { ...consumption, errors };
  }

  redrive(consumer: RecordingConsumer) {
    return this.inbox.redrive(TOPIC, consumer);
  }

  /** In the order in which they were committed. */
  async effects(partition?: number): Promise<number[]> {
    const rows = await this.db.query<Effect>('select n, partition, position from effects order by id');
    return rows.filter((row) => partition === undefined || row.partition === partition).map(({ n }) => n);
  }
}

export class RecordingConsumer implements EventConsumer<Effect> {
  readonly phantoms: PhantomRange[] = [];
  /** What a restored log said that it has. */
  readonly recent: number[] = [];

  constructor(
    private readonly hooks: {
      /** Before the transaction. */
      readonly reading?: (events: readonly CloudEvent[]) => Promise<void>;
      /** In the transaction. */
      readonly handling?: (effects: readonly Effect[]) => Promise<void>;
      readonly unreadable?: (n: number) => boolean;
    } = {},
  ) {}

  async read(events: readonly CloudEvent[]): Promise<Reading<Effect>[]> {
    await this.hooks.reading?.(events);
    return events.map((event) => {
      const n = numberOf(event);
      if (this.hooks.unreadable?.(n)) return { items: [], unreadable: 'UNREADABLE' };
      return { items: [{ n, partition: event.partition ?? -1, position: event.place?.position ?? 0n }] };
    });
  }

  async handle(effects: readonly Effect[], tx: Tx): Promise<void> {
    await this.hooks.handling?.(effects);
    await tx.query(
      'insert into effects (n, partition, position) select * from unnest($1::int[], $2::int[], $3::bigint[])',
      [effects.map(({ n }) => n), effects.map(({ partition }) => partition), effects.map(({ position }) => position)],
    );
  }

  async onPhantoms(range: PhantomRange, log: RestoredLog): Promise<PhantomWork> {
    for await (const event of log.recent()) this.recent.push(numberOf(event));
    return { apply: async () => void this.phantoms.push(range), report: [`the last number was taken`] };
  }
}
