import { QuotaModule } from '@crossroads/policy';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Module } from '@nestjs/common';
import { JournalModule } from '../journal/journal.module.js';
import { SourcesModule } from '../sources/sources.module.js';
import { Consultations } from './consultations.js';

/** One request about one person: identification, decision, access journal, sources and answer. */
@Module({
  imports: [JournalModule, QuotaModule, SourcesModule],
  providers: [Consultations, ReceiptSigner],
  exports: [Consultations],
})
export class ConsultationModule {}
