import { Module } from '@nestjs/common';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { OwnDataController } from './own-data.controller.js';

/** What is known about one. */
@Module({ imports: [InscriptionModule, MeshClientsModule, VocabularyModule], controllers: [OwnDataController] })
export class OwnDataModule {}
