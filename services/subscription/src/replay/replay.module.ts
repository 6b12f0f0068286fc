import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MutationModule } from '../mutation/mutation.module.js';
import { SnapshotStateModule } from '../snapshot/snapshot-state.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { ReplayJob } from './replay.job.js';
import { ReplayStep } from './replay-step.js';

/** Sends deliveries again, by the authorization of today. */
@Module({
  imports: [SubscriptionModule, MutationModule, DeliveryModule, SnapshotStateModule],
  providers: [ReplayStep, ReplayJob],
})
export class ReplayModule {}
