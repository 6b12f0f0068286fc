import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessEntity } from './access.entity.js';
import { AccessLog } from './access-log.js';
import { AccessRepository } from './access.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([AccessEntity])],
  providers: [AccessLog, AccessRepository],
  exports: [AccessLog],
})
export class AccessLogModule {}
