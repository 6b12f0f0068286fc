import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { OwnInscriptions } from './own-inscriptions.js';

/** Who has a file on one. */
@Module({ imports: [MeshClientsModule], providers: [OwnInscriptions], exports: [OwnInscriptions] })
export class InscriptionModule {}
