import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { DeliveryModule } from './delivery/delivery.module.js';
import { MutationModule } from './mutation/mutation.module.js';
import { ReplayModule } from './replay/replay.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { SnapshotModule } from './snapshot/snapshot.module.js';
import { service } from './service.js';
import { SubscriptionModule } from './subscription/subscription.module.js';

@Module({
  imports: [
    MeshModule.forService(service),
    SubscriptionModule,
    MutationModule,
    DeliveryModule,
    ReplayModule,
    SnapshotModule,
    RetentionModule,
  ],
})
export class AppModule {}
