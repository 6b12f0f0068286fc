import { Module } from '@nestjs/common';
import { CitizenTokens } from './citizen-tokens.js';

/** Provides `CitizenTokens`. The service needs the policy. */
@Module({ providers: [CitizenTokens], exports: [CitizenTokens] })
export class CitizenTokensModule {}
