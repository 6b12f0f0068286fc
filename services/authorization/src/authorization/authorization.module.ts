import { Module } from '@nestjs/common';
import { PolicyCheck } from '../check/policy-check.js';
import { DataServiceList } from '../data-service/data-service-list.js';
import { DeliberationList } from '../deliberation/deliberation-list.js';
import { ForkAcceptance } from '../fork/fork-acceptance.js';
import { OwnPolicyModule } from '../policy/own-policy.module.js';
import { PolicyWatch } from '../watch/policy-watch.js';
import { AuthorizationController } from './authorization.controller.js';

@Module({
  imports: [OwnPolicyModule],
  controllers: [AuthorizationController],
  providers: [DataServiceList, DeliberationList, ForkAcceptance, PolicyCheck, PolicyWatch],
})
export class AuthorizationModule {}
