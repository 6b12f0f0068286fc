import { readFileSync } from 'node:fs';
import { Clock } from '@crossroads/configuration';
import { PolicyFollower } from '@crossroads/policy';
import { readReceiptKey } from '@crossroads/transparency';
import { Module } from '@nestjs/common';
import { AccessJournal } from '../journal/access-journal.js';
import { JournalModule } from '../journal/journal.module.js';
import { DataSchemas } from '../sources/data-schemas.js';
import { DirectoryClient } from '../sources/directory-client.js';
import { SourceClients } from '../sources/source-clients.js';
import { SourcesModule } from '../sources/sources.module.js';
import { Consultations } from './consultations.js';
import { measured } from './consultation-metrics.js';
import { ReceiptSettings } from './receipt.settings.js';
import { receiptSigner } from './receipt-signer.js';

/** One request about one person: who that is, what is granted, what sources say, and the journal around it. */
@Module({
  imports: [JournalModule, SourcesModule],
  providers: [
    {
      provide: Consultations,
      inject: [PolicyFollower, DirectoryClient, AccessJournal, SourceClients, DataSchemas, ReceiptSettings, Clock],
      useFactory: (
        policies: PolicyFollower,
        directory: DirectoryClient,
        journal: AccessJournal,
        sources: SourceClients,
        schemas: DataSchemas,
        { RECEIPT_KEY_FILE, ACCESS_LOG_ORIGIN }: ReceiptSettings,
        clock: Clock,
      ) => {
        const sign = receiptSigner(readReceiptKey(readFileSync(RECEIPT_KEY_FILE, 'utf8')), ACCESS_LOG_ORIGIN);
        const now = () => clock.now();
        return measured(new Consultations({ policies, directory, journal, sources, schemas, sign, now }));
      },
    },
  ],
  exports: [Consultations],
})
export class ConsultationModule {}
