import { QuotaModule } from '@crossroads/policy';
import { FileKeyProvider } from '@crossroads/privacy';
import { pageTokens } from '@crossroads/service';
import { CitizenTokensModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { LookupModule, SSIN_INDEX } from '../lookup/lookup.module.js';
import { GrantedInscriptions } from './granted-inscriptions.js';
import { InscriptionJournal } from './inscription-journal.js';
import { InscriptionCommands } from './inscription.commands.js';
import { InscriptionList } from './inscription-list.js';
import { OwnInscriptions } from './own-inscriptions.js';
import { InscribedPersons } from './inscribed-persons.js';
import { Representation } from './representation.js';
import { SsinSeal } from './ssin-seal.js';

/** What institutions inscribe, end and list. */
@Module({
  imports: [LookupModule, QuotaModule, CitizenTokensModule],
  providers: [
    GrantedInscriptions,
    InscriptionJournal,
    InscriptionCommands,
    InscriptionList,
    InscribedPersons,
    OwnInscriptions,
    Representation,
    {
      provide: SsinSeal,
      inject: [FileKeyProvider],
      useFactory: async (keys: FileKeyProvider) => new SsinSeal(await keys.secrets(SSIN_INDEX)),
    },
    pageTokens,
  ],
  exports: [InscriptionCommands, InscriptionList, InscribedPersons, OwnInscriptions, Representation, SsinSeal],
})
export class InscriptionModule {}
