import { Module } from '@nestjs/common';
import { PersonModule } from '../person/person.module.js';
import { ImportCommands } from './import.commands.js';
import { PersonImports } from './person-imports.js';

/** Many persons in one call. */
@Module({ imports: [PersonModule], providers: [ImportCommands, PersonImports], exports: [PersonImports] })
export class ImportModule {}
