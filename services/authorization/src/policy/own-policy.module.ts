import { Module } from '@nestjs/common';
import { FirstAdministratorJob } from './first-administrator.job.js';
import { LivePolicy } from './live-policy.js';
import { PolicyCommands } from './policy.commands.js';
import { PolicyRefreshJob } from './policy-refresh.job.js';

/** The stream of policy changes, and the policy in memory. */
@Module({
  providers: [LivePolicy, PolicyCommands, PolicyRefreshJob, FirstAdministratorJob],
  exports: [LivePolicy, PolicyCommands],
})
export class OwnPolicyModule {}
