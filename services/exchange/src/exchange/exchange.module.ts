import { Module } from '@nestjs/common';
import { ConsultationModule } from '../consultation/consultation.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { MutationsModule } from '../mutations/mutations.module.js';
import { Askers } from './askers.js';
import { ExchangeController } from './exchange.controller.js';
import { ExchangePublisher } from './exchange.publisher.js';

/** The door: consultations and mutations, for whoever is registered. */
@Module({
  imports: [ConsultationModule, MutationsModule, JournalModule],
  controllers: [ExchangeController],
  providers: [Askers, ExchangePublisher],
})
export class ExchangeModule {}
