import { MissingKeys } from '@crossroads/privacy';
import { observe } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

/** Shows how many persons lack both a key and a tombstone: an alarm, never an erasure. */
@Injectable()
export class MissingKeysJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(private readonly missing: MissingKeys) {}

  onModuleInit(): void {
    this.stop = observe('crossroads.subject_keys.missing', () => this.missing.count());
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
