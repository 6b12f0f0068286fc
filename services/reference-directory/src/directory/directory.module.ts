import { CitizenTokensModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { FileModule } from '../file/file.module.js';
import { InscriptionModule } from '../inscription/inscription.module.js';
import { LookupModule } from '../lookup/lookup.module.js';
import { CitizenController } from './citizen.controller.js';
import { DirectoryController } from './directory.controller.js';

@Module({
  imports: [FileModule, InscriptionModule, LookupModule, CitizenTokensModule],
  controllers: [DirectoryController, CitizenController],
})
export class DirectoryModule {}
