import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { DeliveryDecider } from './delivery-decider.js';
import { InscribedPersons } from './inscribed-persons.js';
import { MutationDecisions } from './mutation-decisions.js';
import { PersonMutationConsumer, ReportedMutationConsumer } from './mutation.consumer.js';

/** Takes mutations in, and decides which subscribers get what of them. */
@Module({
  imports: [DirectoryModule, SubscriptionModule, DeliveryModule],
  providers: [DeliveryDecider, InscribedPersons, MutationDecisions, PersonMutationConsumer, ReportedMutationConsumer],
  exports: [DeliveryDecider, InscribedPersons],
})
export class MutationModule {}
