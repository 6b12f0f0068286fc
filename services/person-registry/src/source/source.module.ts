import { Module } from '@nestjs/common';
import { PersonModule } from '../person/person.module.js';
import { IdentificationController } from './identification.controller.js';
import { Identifications } from './identifications.js';

/** The registry as an authentic source. */
@Module({ imports: [PersonModule], controllers: [IdentificationController], providers: [Identifications] })
export class SourceModule {}
