import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { StartController } from './start.controller.js';

/** The first page, which says what this is. */
@Module({ imports: [MeshClientsModule], controllers: [StartController] })
export class StartModule {}
