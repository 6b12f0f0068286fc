import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@crossroads/database';
import type { EventStore, Processor } from '@crossroads/eventsourcing';
import { type Broker, type BrokerSettings, openBroker, startRelay } from '@crossroads/messaging';
import { TOPICS } from '@crossroads/topology';
import { published, TOPIC } from './published.js';

const RETRY_MS = 1_000;

/** Publishes the changes once the bus is there. Nothing else waits for it: watchers need no bus. */
export class Publisher {
  private readonly stopping = new AbortController();
  private readonly starting: Promise<void>;
  private broker: Broker | undefined;
  private relay: Processor | undefined;

  constructor(
    private readonly db: Database,
    private readonly store: Pick<EventStore, 'readLog'>,
    private readonly bus: BrokerSettings,
    private readonly onError: (error: unknown) => void,
  ) {
    this.starting = this.start();
  }

  async busReady(): Promise<boolean> {
    return (await this.broker?.ready()) ?? false;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.starting;
    await this.relay?.close();
    await this.broker?.close();
  }

  private async start(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && !this.relay) {
      try {
        this.broker ??= await openBroker(this.bus);
        await this.broker.ensureTopic({ name: TOPIC, retentionDays: TOPICS[TOPIC].retentionDays });
        const { db, store, broker } = this;
        this.relay = startRelay({ db, store, broker, name: 'relay', published, onError: this.onError });
      } catch (error) {
        this.onError(error);
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
}
