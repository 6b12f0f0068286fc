import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Module } from '@nestjs/common';
import { JournalModule } from '../journal/journal.module.js';
import { SnapshotStateModule } from '../snapshot/snapshot-state.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { DeliveryClaims } from './delivery-claims.js';
import { DeliveryLagJob } from './delivery-lag.job.js';
import { DeliveryMessagesModule } from './delivery-messages.module.js';
import { DeliveryNumbering } from './delivery-numbering.js';
import { DeliveryPreparation } from './delivery-preparation.js';
import { DeliveryRelayJob } from './delivery-relay.job.js';
import { DeliverySender } from './delivery-sender.js';
import { GrantChecks } from './grant-checks.js';
import { RelayHints } from './relay-hints.js';
import { RelayShards } from './relay-shards.js';
import { LostDeliveries } from './lost-deliveries.js';

/** From a decided delivery to a message on the subscriber's topic: numbered, journalled, stored, sent. */
@Module({
  imports: [JournalModule, SubscriptionModule, SnapshotStateModule, DeliveryMessagesModule],
  providers: [
    DeliveryPreparation,
    DeliveryNumbering,
    RelayHints,
    RelayShards,
    GrantChecks,
    DeliverySender,
    ReceiptSigner,
    DeliveryClaims,
    DeliveryRelayJob,
    DeliveryLagJob,
    LostDeliveries,
  ],
  exports: [DeliveryPreparation, DeliveryNumbering, LostDeliveries, ReceiptSigner],
})
export class DeliveryModule {}
