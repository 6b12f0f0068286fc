import { RegisteredKeys } from '@crossroads/grpc';
import { Module } from '@nestjs/common';
import { PolicyForks } from '../fork/policy-forks.js';
import { PolicySnapshots } from '../snapshot/policy-snapshots.js';
import { FirstAdministratorJob } from './first-administrator.job.js';
import { LivePolicy } from './live-policy.js';
import { PolicyBeat } from './policy-beat.js';
import { PolicyCommands } from './policy.commands.js';
import { PolicyRefreshJob } from './policy-refresh.job.js';

/** The stream of policy changes, and the policy in memory. */
@Module({
  providers: [
    LivePolicy,
    PolicyCommands,
    PolicyBeat,
    PolicyForks,
    PolicySnapshots,
    PolicyRefreshJob,
    FirstAdministratorJob,
  ],
  exports: [LivePolicy, PolicyCommands, PolicyForks],
})
export class OwnPolicyModule {
  constructor(live: LivePolicy, keys: RegisteredKeys) {
    keys.use((caller) => live.refusalOf(caller));
  }
}
