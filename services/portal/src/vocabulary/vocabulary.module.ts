import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { Vocabularies } from './vocabularies.js';

@Module({ imports: [MeshClientsModule], providers: [Vocabularies], exports: [Vocabularies] })
export class VocabularyModule {}
