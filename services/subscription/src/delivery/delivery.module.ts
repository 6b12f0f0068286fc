import { FileKeyProvider, Pseudonyms } from '@crossroads/privacy';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Module } from '@nestjs/common';
import { JournalModule } from '../journal/journal.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { DeliveryClaims } from './delivery-claims.js';
import { DeliveryEvents } from './delivery-events.js';
import { DeliveryLagJob } from './delivery-lag.job.js';
import { DeliveryNumbering } from './delivery-numbering.js';
import { DeliveryRelayJob } from './delivery-relay.job.js';
import { LostDeliveries } from './lost-deliveries.js';

/** From a decided delivery to a message on the subscriber's topic: numbered, journalled, stored, sent. */
@Module({
  imports: [JournalModule, SubscriptionModule],
  providers: [
    DeliveryNumbering,
    ReceiptSigner,
    DeliveryClaims,
    DeliveryEvents,
    DeliveryRelayJob,
    DeliveryLagJob,
    LostDeliveries,
    {
      provide: Pseudonyms,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new Pseudonyms(await keys.secret('pseudonyms')),
    },
  ],
  exports: [DeliveryNumbering, LostDeliveries],
})
export class DeliveryModule {}
