import { Injectable } from '@nestjs/common';

/** Milliseconds and numbers that bound downloads and uploads. */
@Injectable()
export class TransferLimits {
  /** Until the first byte comes, where the provider has not registered another time. */
  readonly firstByteMs: number = 10_000;
  /** From one part of the content to the next, also of an upload. */
  readonly idleMs: number = 30_000;
  /** Without the reader taking anything. */
  readonly readerIdleMs: number = 60_000;
  /** At once from one provider, by this process. */
  readonly perProvider: number = 32;
}
