import { Module } from '@nestjs/common';
import { AccessJob } from './access.job.js';

/** Topics of institutions, and who may do what on the broker. */
@Module({ providers: [AccessJob] })
export class AccessModule {}
