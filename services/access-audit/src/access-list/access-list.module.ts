import { pageTokens } from '@crossroads/service';
import { SignInModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { AccessLogModule } from '../access-log/access-log.module.js';
import { AuditController } from './audit.controller.js';
import { ListOwners } from './list-owners.js';
import { SelfConsultations } from './self-consultations.js';

@Module({
  imports: [AccessLogModule, SignInModule],
  controllers: [AuditController],
  providers: [ListOwners, SelfConsultations, pageTokens],
})
export class AccessListModule {}
