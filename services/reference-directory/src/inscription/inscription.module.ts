import { PageTokens } from '@crossroads/grpc';
import { FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { LookupModule, SSIN_INDEX } from '../lookup/lookup.module.js';
import { InscriptionCommands } from './inscription.commands.js';
import { InscriptionList } from './inscription-list.js';
import { InscribedPersons } from './inscribed-persons.js';
import { Representation } from './representation.js';
import { SsinSeal } from './ssin-seal.js';

/** What institutions inscribe, end and list. */
@Module({
  imports: [LookupModule],
  providers: [
    InscriptionCommands,
    InscriptionList,
    InscribedPersons,
    Representation,
    {
      provide: SsinSeal,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new SsinSeal(await keys.secrets(SSIN_INDEX)),
    },
    {
      provide: PageTokens,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new PageTokens(await keys.secret('page-tokens')),
    },
  ],
  exports: [InscriptionCommands, InscriptionList, InscribedPersons, Representation],
})
export class InscriptionModule {}
