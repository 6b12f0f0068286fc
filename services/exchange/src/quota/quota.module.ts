import { Module } from '@nestjs/common';
import { PersonQuotas } from './person-quotas.js';

/** Of how many persons an institution may ask in a day. */
@Module({ providers: [PersonQuotas], exports: [PersonQuotas] })
export class QuotaModule {}
