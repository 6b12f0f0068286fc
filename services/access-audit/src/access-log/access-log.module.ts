import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessEntity } from './access.entity.js';
import { AccessLog } from './access-log.js';
import { AccessRepository } from './access.repository.js';
import { LostAccesses } from './lost-accesses.js';
import { MonthlyFiguresList } from './monthly-figures.js';

@Module({
  imports: [TypeOrmModule.forFeature([AccessEntity])],
  providers: [AccessLog, AccessRepository, LostAccesses, MonthlyFiguresList],
  exports: [AccessLog, LostAccesses, MonthlyFiguresList],
})
export class AccessLogModule {}
