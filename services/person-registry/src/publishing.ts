import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@crossroads/database';
import type { EventStore, Processor } from '@crossroads/eventsourcing';
import {
  type Broker,
  type BrokerSettings,
  openBroker,
  type Published,
  startRelay,
  type TopicSealing,
} from '@crossroads/messaging';
import { TOPICS } from '@crossroads/topology';
import { TOPIC } from './published.js';

export interface PublishingOptions {
  readonly db: Database;
  readonly store: Pick<EventStore, 'readLog'>;
  readonly bus: BrokerSettings;
  readonly published: Published;
  readonly sealing: TopicSealing;
  readonly onError: (error: unknown, attempt: number) => void;
}

const RETRY_INTERVAL_MS = 1_000;
/** What changes within it travels together; nobody waits longer for it. */
const PACE_MS = 20;

/** Publishes the log as soon as there is a bus; until then, and while it is away, persons are registered and read all the same. */
export class Publishing {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private broker: Broker | undefined;
  private relay: Processor | undefined;

  constructor(private readonly options: PublishingOptions) {
    this.running = this.run();
  }

  async busReady(): Promise<boolean> {
    return (await this.broker?.ready()) ?? false;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.relay?.close();
    await this.broker?.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.start();
        return;
      } catch (error) {
        this.options.onError(error, attempt);
        await delay(RETRY_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async start(): Promise<void> {
    const { db, store, bus, published, sealing, onError } = this.options;
    this.broker ??= await openBroker(bus);
    await this.broker.ensureTopic({ name: TOPIC, retentionDays: TOPICS[TOPIC].retentionDays });
    this.relay = startRelay({
      db,
      store,
      broker: this.broker,
      name: 'relay',
      paceMs: PACE_MS,
      published,
      sealing,
      onError,
    });
  }
}
