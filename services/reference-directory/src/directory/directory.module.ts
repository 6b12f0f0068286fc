import { Module } from '@nestjs/common';
import { FileModule } from '../file/file.module.js';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { LookupModule } from '../lookup/lookup.module.js';
import { DirectoryController } from './directory.controller.js';

@Module({ imports: [FileModule, InscriptionModule, LookupModule], controllers: [DirectoryController] })
export class DirectoryModule {}
