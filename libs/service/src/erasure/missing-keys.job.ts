import { MissingKeys } from '@crossroads/privacy';
import { observe, processLog } from '@crossroads/telemetry';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const KEY_MISSING =
  'KEY_MISSING: a person has neither a key nor a tombstone; what is sealed for this person waits: see docs/runbooks/key-missing.md';

/** Shows how many persons lack both a key and a tombstone: an alarm, never an erasure. */
@Injectable()
export class MissingKeysJob implements OnModuleInit, OnModuleDestroy {
  private stop: () => void = () => undefined;

  constructor(private readonly missing: MissingKeys) {}

  onModuleInit(): void {
    this.missing.onMissing((personId) => processLog().error(KEY_MISSING, { personId }));
    this.stop = observe('crossroads.subject_keys.missing', () => this.missing.count());
  }

  onModuleDestroy(): void {
    this.stop();
  }
}
