import { setTimeout as delay } from 'node:timers/promises';
import { Database, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Bus } from '@crossroads/messaging';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliverySender } from './delivery-sender.js';
import { GrantChecks } from './grant-checks.js';
import { RelayHints } from './relay-hints.js';
import { RelayShards } from './relay-shards.js';

/** Doubles with each poll that finds nothing. The hint that something was numbered can be lost. */
const POLL_MS = { min: 100, max: 400 };
/** What is numbered within this time after a hint is sent in one batch. */
const LINGER_MS = 20;
const STOP_TIMEOUT_MS = 5_000;

/** Sends deliveries to their subscribers' topics: one loop for all the subscribers and lanes that this process has. */
@Injectable()
export class DeliveryRelayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: warn('delivery relay') });
  private unsubscribe: readonly (() => void)[] = [];
  private lingering: NodeJS.Timeout | undefined;
  private pollMs = POLL_MS.min;

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly hints: RelayHints,
    private readonly shards: RelayShards,
    private readonly grants: GrantChecks,
    private readonly sender: DeliverySender,
  ) {}

  onApplicationBootstrap(): void {
    this.grants.onChange = () => this.wakeSoon();
    this.unsubscribe = [
      this.hints.onNumbered(() => this.wakeSoon()),
      // Each change of a subscription is an append to the log, here or in another process.
      this.db.session.onLogGrown(() => this.wakeSoon()),
    ];
    // A process without a bus takes no share of the work: another one may be able to send.
    this.bus.whenOpen().then(
      () => this.loop.start(),
      () => undefined,
    );
  }

  async onModuleDestroy(): Promise<void> {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    clearTimeout(this.lingering);
    this.bus.stopConnecting();
    const ended = Promise.allSettled([this.loop.stop(), this.sender.settled()]);
    await Promise.race([ended, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private wakeSoon(): void {
    this.lingering ??= setTimeout(() => {
      this.lingering = undefined;
      this.loop.wake();
    }, LINGER_MS);
  }

  private async pass(signal: AbortSignal): Promise<number> {
    const broker = await this.bus.whenOpen();
    const shards = this.shards.held();
    if (shards.length > 0) await this.grants.closeUngranted();
    const found = await this.sender.pass(broker, shards, signal, () => this.wakeSoon());
    this.pollMs = found ? POLL_MS.min : Math.min(this.pollMs * 2, POLL_MS.max);
    return this.pollMs;
  }
}
