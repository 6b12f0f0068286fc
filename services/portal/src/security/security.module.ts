import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CsrfGuard } from './csrf.guard.js';
import { RateGuard } from './rate.guard.js';

/** What every request passes first: how many, and whether a form is of ours. */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: RateGuard },
    { provide: APP_GUARD, useClass: CsrfGuard },
  ],
})
export class SecurityModule {}
