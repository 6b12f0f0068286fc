import { Module } from '@nestjs/common';
import { CitizenTokens } from './citizen-tokens.js';
import { OwnLooks } from './own-looks.js';

/** Provides `CitizenTokens`, and `OwnLooks` of services with a log. The service needs the policy. */
@Module({ providers: [CitizenTokens, OwnLooks], exports: [CitizenTokens, OwnLooks] })
export class CitizenTokensModule {}
