import { QuotaModule } from '@crossroads/policy';
import { pageTokens } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveryMessagesModule } from '../delivery/delivery-messages.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { SnapshotStateModule } from '../snapshot/snapshot-state.module.js';
import { DeliveryStream } from '../stream/delivery-stream.js';
import { SentDeliveries } from '../stream/sent-deliveries.js';
import { LiveSubscriptions } from './live-subscriptions.js';
import { ParkedMutations } from './parked-mutations.commands.js';
import { SubscriptionCloser } from './subscription-closer.js';
import { SubscriptionQueries } from './subscription-queries.js';
import { Replays } from './replays.commands.js';
import { SubscriberTopics } from './subscriber-topics.js';
import { SubscriptionCommands } from './subscription.commands.js';
import { SubscriptionController } from './subscription.controller.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionRepository } from './subscription.repository.js';

/** Who subscribes to what: opened, paused, resumed and closed by subscribers, listed by pages. */
@Module({
  imports: [
    TypeOrmModule.forFeature([SubscriptionEntity]),
    DirectoryModule,
    JournalModule,
    QuotaModule,
    DeliveryMessagesModule,
    SnapshotStateModule,
  ],
  controllers: [SubscriptionController],
  providers: [
    SubscriptionCommands,
    SubscriberTopics,
    SubscriptionRepository,
    SubscriptionQueries,
    LiveSubscriptions,
    SubscriptionCloser,
    Replays,
    SentDeliveries,
    DeliveryStream,
    ParkedMutations,
    pageTokens,
  ],
  exports: [SubscriptionQueries, LiveSubscriptions, SubscriptionCloser],
})
export class SubscriptionModule {}
