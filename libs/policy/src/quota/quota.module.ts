import { Module } from '@nestjs/common';
import { PersonQuotas } from './person-quotas.js';

/** For services with the tables of `quotaMigrations`. */
@Module({ providers: [PersonQuotas], exports: [PersonQuotas] })
export class QuotaModule {}
