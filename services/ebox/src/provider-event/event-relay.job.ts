import { setTimeout as delay } from 'node:timers/promises';
import { ServiceIdentity } from '@crossroads/configuration';
import { ProviderEvent } from '@crossroads/contracts/ebox/v1/events';
import { Database, ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { type Broker, Bus, type CloudEvent, institutionTopic } from '@crossroads/messaging';
import { Pseudonyms } from '@crossroads/privacy';
import { EBOX_EVENTS, topicOfInstitution } from '@crossroads/topology';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ProviderEventList } from './provider-event-list.js';
import { providerEventMessage, type StoredProviderEvent, typeOf } from './provider-event.message.js';

const SERVICE = 'crossroads.ebox.v1';
const MAX_BATCH_SIZE = 500;
/** Doubles with each poll that finds nothing. */
const POLL_MS = { min: 50, max: 1_000 };
const RETRY_MS = 500;
/** After that the topic may be gone: the next attempt looks for it first. */
const PUBLISH_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;

const onError = warn('provider event relay');

const PENDING = {
  name: 'provider-events-to-relay',
  text: `select provider, last_sequence as "lastSequence", relayed_sequence as "relayedSequence"
    from provider_sequences where relayed_sequence < last_sequence`,
};

interface Pending {
  readonly provider: string;
  readonly lastSequence: bigint;
  readonly relayedSequence: bigint;
}

/**
 * Publishes events on their providers' topics, each provider's in the order of their numbers, at least once: what was published and
 * not noted is published again. One process at a time publishes to a provider. Providers do not wait for each other.
 */
@Injectable()
export class EventRelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  /** Work in progress, by provider. */
  private readonly relaying = new Map<string, Promise<unknown>>();
  /** Providers whose topic this process has found. */
  private readonly found = new Set<string>();
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError });
  private pollMs = POLL_MS.min;

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly bus: Bus,
    private readonly events: ProviderEventList,
    private readonly pseudonyms: Pseudonyms,
    private readonly service: ServiceIdentity,
  ) {}

  onApplicationBootstrap(): void {
    // A process without a bus takes no work: another one may be able to publish.
    this.bus.whenOpen().then(
      () => this.loop.start(),
      () => undefined,
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.bus.stopConnecting();
    const ended = Promise.allSettled([this.loop.stop(), ...this.relaying.values()]);
    await Promise.race([ended, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private async pass(signal: AbortSignal): Promise<number> {
    const broker = await this.bus.whenOpen();
    const pending = await this.db.query<Pending>(PENDING);
    for (const { provider } of pending) this.start(broker, provider, signal);
    this.pollMs = pending.length > 0 ? POLL_MS.min : Math.min(this.pollMs * 2, POLL_MS.max);
    return this.pollMs;
  }

  private start(broker: Broker, provider: string, signal: AbortSignal): void {
    if (this.relaying.has(provider)) return;
    const relaying = this.work
      .run(`provider events ${provider}`, () => this.relay(broker, provider, signal))
      .catch((error: unknown) => {
        this.found.delete(provider);
        if (signal.aborted) return undefined;
        onError(error);
        return delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      })
      .finally(() => this.relaying.delete(provider));
    this.relaying.set(provider, relaying);
  }

  private async relay(broker: Broker, provider: string, signal: AbortSignal): Promise<void> {
    if (!this.found.has(provider)) {
      // Until it is there its events wait, and their lag grows.
      await institutionTopic(broker, topicOfInstitution(EBOX_EVENTS, provider), signal);
      this.found.add(provider);
    }
    while (!signal.aborted && (await this.relayBatch(broker, provider, signal)));
  }

  /** @returns whether there may be more to publish */
  private async relayBatch(broker: Broker, provider: string, signal: AbortSignal): Promise<boolean> {
    // Read again in the work: another process may have published since.
    const [pending] = await this.db.query<Pending>(`${PENDING.text} and provider = $1`, [provider]);
    if (pending === undefined) return false;
    const { relayedSequence, lastSequence } = pending;
    const events = await this.events.after(provider, relayedSequence, lastSequence, MAX_BATCH_SIZE);
    const last = events.at(-1);
    if (last === undefined) return false;
    await broker.publish(
      topicOfInstitution(EBOX_EVENTS, provider),
      events.map((event) => this.cloudEventOf(provider, event)),
      { signal: AbortSignal.any([signal, AbortSignal.timeout(PUBLISH_TIMEOUT_MS)]) },
    );
    await this.db.execute(
      'update provider_sequences set relayed_sequence = $2 where provider = $1 and relayed_sequence < $2',
      [provider, last.sequence],
    );
    return true;
  }

  private cloudEventOf(provider: string, event: StoredProviderEvent): CloudEvent {
    return {
      id: `${provider}:${event.sequence}`,
      source: this.service.urn,
      service: SERVICE,
      type: typeOf(event.kind),
      time: event.at,
      key: this.pseudonyms.of(provider, event.ownerId),
      sequence: event.sequence.toString().padStart(20, '0'),
      data: ProviderEvent.encode(providerEventMessage(event)).finish(),
    };
  }
}
