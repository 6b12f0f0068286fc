import { Module } from '@nestjs/common';
import { AccessLogModule } from '../access-log/access-log.module.js';
import { AuditAge } from './audit-age.js';
import { JournalConsumer } from './journal.consumer.js';

@Module({ imports: [AccessLogModule], providers: [JournalConsumer, AuditAge] })
export class JournalModule {}
