import { DataSchemas, SourceClient } from '@crossroads/source/client';
import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { DirectoryModule } from '../directory/directory.module.js';
import { JournalModule } from '../journal/journal.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { SnapshotAccesses } from './snapshot-accesses.js';
import { SnapshotDelivery } from './snapshot-delivery.js';
import { SnapshotGrants } from './snapshot-grants.js';
import { SnapshotJob } from './snapshot.job.js';
import { SnapshotPersons } from './snapshot-persons.js';
import { SnapshotSource } from './snapshot-source.js';
import { SnapshotStateModule } from './snapshot-state.module.js';
import { SnapshotStep } from './snapshot-step.js';

/** Brings each person as it is now, joined to the changes. */
@Module({
  imports: [SubscriptionModule, DirectoryModule, DeliveryModule, JournalModule, SnapshotStateModule],
  providers: [
    DataSchemas,
    SourceClient,
    SnapshotGrants,
    SnapshotPersons,
    SnapshotAccesses,
    SnapshotSource,
    SnapshotDelivery,
    SnapshotStep,
    SnapshotJob,
  ],
})
export class SnapshotModule {}
