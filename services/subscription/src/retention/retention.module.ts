import { Module } from '@nestjs/common';
import { DeliveryPruning } from './delivery-pruning.js';
import { DeliveryRetentionJob } from './delivery-retention.job.js';

/** How long deliveries are kept. */
@Module({ providers: [DeliveryPruning, DeliveryRetentionJob] })
export class RetentionModule {}
