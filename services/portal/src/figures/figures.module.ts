import { Module } from '@nestjs/common';
import { MeshClientsModule } from '../mesh/mesh-clients.module.js';
import { FiguresController } from './figures.controller.js';

/** What was exchanged, in numbers. */
@Module({ imports: [MeshClientsModule], controllers: [FiguresController] })
export class FiguresModule {}
