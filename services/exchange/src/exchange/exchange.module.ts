import { Module } from '@nestjs/common';
import { ConsultationModule } from '../consultation/consultation.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { MutationModule } from '../mutation/mutation.module.js';
import { ExchangeController } from './exchange.controller.js';
import { ExchangePublisher } from './exchange.publisher.js';
import { Requesters } from './requesters.js';

/** The service's rpcs, and what it publishes. */
@Module({
  imports: [ConsultationModule, MutationModule, JournalModule],
  controllers: [ExchangeController],
  providers: [Requesters, ExchangePublisher],
})
export class ExchangeModule {}
