import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { RegisterController } from './register.controller.js';

/** The public register of deliberations and data services. */
@Module({ imports: [MeshClientsModule, VocabularyModule], controllers: [RegisterController] })
export class RegisterModule {}
