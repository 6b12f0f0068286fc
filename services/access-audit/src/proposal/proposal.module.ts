import { Module } from '@nestjs/common';
import { AccessLogModule } from '../access-log/access-log.module.js';
import { ProposalConsumer } from './proposal.consumer.js';

@Module({ imports: [AccessLogModule], providers: [ProposalConsumer] })
export class ProposalModule {}
