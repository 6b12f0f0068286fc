import { Module } from '@nestjs/common';
import { DeliveryPruning } from './delivery-pruning.js';
import { DeliveryRetentionJob } from './delivery-retention.job.js';
import { SnapshotPruning } from './snapshot-pruning.js';

/** How long deliveries are kept. */
@Module({ providers: [DeliveryPruning, SnapshotPruning, DeliveryRetentionJob] })
export class RetentionModule {}
