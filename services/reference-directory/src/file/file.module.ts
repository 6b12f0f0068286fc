import { Module } from '@nestjs/common';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { LookupModule } from '../lookup/lookup.module.js';
import { InscriptionFiles } from './inscription-files.js';

/** Inscriptions by the file: thousands of lines a chunk. */
@Module({ imports: [InscriptionModule, LookupModule], providers: [InscriptionFiles], exports: [InscriptionFiles] })
export class FileModule {}
