import { Module } from '@nestjs/common';
import { PersonModule } from '../person/person.module.js';
import { ErasureCommands } from './erasure.commands.js';
import { ErasureController } from './erasure.controller.js';
import { Erasures } from './erasures.js';
import { OwnErasureJob } from './own-erasure.job.js';

/** Erasures of persons: orders, and who has carried them out. */
@Module({
  imports: [PersonModule],
  providers: [Erasures, ErasureCommands, OwnErasureJob],
  controllers: [ErasureController],
})
export class PersonErasureModule {}
