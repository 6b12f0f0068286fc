import { Module } from '@nestjs/common';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { VocabularyModule } from '../vocabulary/vocabulary.module.js';
import { DeliberationsInForce } from './deliberations-in-force.js';
import { PermissionsController } from './permissions.controller.js';

/** Who may look at one's data. */
@Module({
  imports: [InscriptionModule, MeshClientsModule, VocabularyModule],
  providers: [DeliberationsInForce],
  controllers: [PermissionsController],
})
export class PermissionsModule {}
