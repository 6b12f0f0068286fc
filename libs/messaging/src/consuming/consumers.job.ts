import { ReadinessChecks, ServiceIdentity } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { GrpcClients, warn } from '@crossroads/grpc';
import { PARTITIONS, readBy } from '@crossroads/topology';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Bus } from '../bus/bus.js';
import { consumeFrom } from './consume-from.js';
import { consumersByTopic, consumersIn, type FoundConsumer, sourcesOf } from './consumers-of.js';
import { Inbox } from './inbox.js';
import { type ConsumerState, observeConsumer } from './log-metrics.js';
import { Opening } from './opening.js';
import { ParkedMessageRepository } from './parked-message.repository.js';
import { observeParked } from './parked-metrics.js';
import type { Redriven } from './redrive.js';

/** Runs every `@Consumer` of the application while it is up. */
@Injectable()
export class Consumers implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly consumers: FoundConsumer[] = [];
  private readonly states: ConsumerState[] = [];
  private readonly stops: (() => Promise<unknown>)[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly service: ServiceIdentity,
    private readonly bus: Bus,
    private readonly inbox: Inbox,
    private readonly opening: Opening,
    private readonly db: Database,
    private readonly clients: GrpcClients,
    private readonly parked: ParkedMessageRepository,
    readinessChecks: ReadinessChecks,
  ) {
    readinessChecks.add('LOG_FORKED', () => this.states.every((state) => state.forked() === 0));
  }

  onApplicationBootstrap(): void {
    for (const found of consumersByTopic(consumersIn(this.discovery))) {
      if (!readBy(this.service.name).includes(found.topic))
        throw new Error(`${this.service.name} may not read ${found.topic}: see libs/topology`);
      this.consumers.push(found);
      this.start(found);
    }
  }

  /** Redrives the parked messages of one key, or all, on every topic that this service consumes. */
  async redrive(key?: string): Promise<Redriven> {
    let [handled, blocked] = [0, 0];
    for (const { topic, consumer, types } of this.consumers) {
      const redriven = await this.inbox.redrive(topic, consumer, key, types);
      handled += redriven.handled;
      blocked += redriven.blocked;
    }
    return { handled, blocked };
  }

  async onModuleDestroy(): Promise<void> {
    // In parallel: with the broker away each of them takes seconds.
    await Promise.all(this.stops.map((stop) => stop()));
  }

  private start({ topic, consumer, types, passing, redriveAtStart = true }: FoundConsumer): void {
    const consumption = consumeFrom({
      broker: { consume: async (options) => (await this.bus.whenOpen()).consume(options) },
      topic,
      group: `${this.service.name}.${topic}`,
      sources: sourcesOf(topic, this.clients),
      partitions: PARTITIONS,
      db: this.db,
      open: (messages) => this.opening.open(topic, messages),
      onBatch: (batch, record) => this.inbox.handleBatch(topic, consumer, batch, types, record, passing),
      onError: warn(topic),
    });
    const redriven = redriveAtStart
      ? this.inbox.redrive(topic, consumer, undefined, types).catch(warn('redrive'))
      : Promise.resolve();
    const observations = [observeParked(this.parked, topic), observeConsumer(topic, consumption)];
    this.states.push(consumption);
    this.stops.push(
      () => consumption.close(),
      () => redriven,
      async () => {
        for (const stop of observations) stop();
      },
    );
  }
}
