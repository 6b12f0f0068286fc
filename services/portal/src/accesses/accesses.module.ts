import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { AccessLists } from './access-lists.js';
import { Contests } from './contests.js';
import { AccessesController } from './accesses.controller.js';

/** Who looked at one's data. */
@Module({
  imports: [MeshClientsModule, VocabularyModule],
  providers: [AccessLists, Contests],
  controllers: [AccessesController],
})
export class AccessesModule {}
