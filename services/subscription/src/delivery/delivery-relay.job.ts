import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { type Broker, Bus } from '@crossroads/messaging';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliverySender } from './delivery-sender.js';
import { GrantChecks } from './grant-checks.js';
import { RelayHints } from './relay-hints.js';
import { RelayShards } from './relay-shards.js';

/** Doubles with each poll that finds nothing. The hint that something was numbered can be lost. */
const POLL_MS = { min: 100, max: 400 };
/** What is numbered within this time after a hint is sent in one batch. */
const LINGER_MS = 20;
const RETRY_MS = 500;
const STOP_TIMEOUT_MS = 5_000;

const onError = warn('delivery relay');

/** Sends deliveries to their subscribers' topics: one loop for all the subscribers and lanes that this process has. */
@Injectable()
export class DeliveryRelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private unsubscribe: readonly (() => void)[] = [];
  private wake: () => void = () => undefined;
  private pollMs = POLL_MS.min;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly hints: RelayHints,
    private readonly shards: RelayShards,
    private readonly grants: GrantChecks,
    private readonly sender: DeliverySender,
  ) {}

  onApplicationBootstrap(): void {
    this.grants.onChange = () => this.wake();
    this.unsubscribe = [
      this.hints.onNumbered(() => this.wake()),
      // Each change of a subscription is an append to the log, here or in another process.
      this.db.session.onLogGrown(() => this.wake()),
    ];
    // A process without a bus takes no share of the work: another one may be able to send.
    this.running = this.bus.whenOpen().then(
      (broker) => this.run(broker),
      () => undefined,
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('the delivery relay is stopped'));
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    this.bus.stopConnecting();
    this.wake();
    const ended = Promise.allSettled([this.running, this.sender.settled()]);
    await Promise.race([ended, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private async run(broker: Broker): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        const shards = this.shards.held();
        if (shards.length > 0) await this.grants.closeUngranted();
        const found = await this.sender.pass(broker, shards, signal, () => this.wake());
        this.pollMs = found ? POLL_MS.min : Math.min(this.pollMs * 2, POLL_MS.max);
      } catch (error) {
        if (!signal.aborted) onError(error);
        await this.pause(RETRY_MS);
      }
      let timer: NodeJS.Timeout | undefined;
      const polled = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.pollMs);
      });
      await Promise.race([woken, polled]).finally(() => clearTimeout(timer));
      await this.pause(LINGER_MS);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
