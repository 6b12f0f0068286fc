import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { CsrfGuard } from './csrf.guard.js';
import { RateGuard } from './rate.guard.js';
import { SecuritySettings } from './security.settings.js';

const MINUTE_MS = 60_000;

/** What every request passes first: how many, and whether a form is of ours. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [SecuritySettings],
      useFactory: ({ LIMIT_PAGES_PER_MINUTE: limit }: SecuritySettings) => [{ ttl: MINUTE_MS, limit }],
    }),
  ],
  providers: [
    { provide: APP_GUARD, useClass: RateGuard },
    { provide: APP_GUARD, useClass: CsrfGuard },
  ],
})
export class SecurityModule {}
