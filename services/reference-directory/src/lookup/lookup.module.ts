import { BlindIndex, FileKeyProvider } from '@crossroads/privacy';
import { Module } from '@nestjs/common';
import { Checks } from './checks.js';
import { FollowedPlaces, PostgresFollowedPlaces } from './followed-places.js';
import { InstitutionContexts } from './institution-contexts.js';
import { PersonLookup } from './person-lookup.js';

/** The name of the blind index key; the person registry has the same key. */
export const SSIN_INDEX = 'ssin-index';

/** Who somebody is, and who has a file on them: read for every consultation of the network. */
@Module({
  providers: [
    Checks,
    InstitutionContexts,
    PersonLookup,
    { provide: FollowedPlaces, useClass: PostgresFollowedPlaces },
    {
      provide: BlindIndex,
      inject: [FileKeyProvider],
      useFactory: (keys: FileKeyProvider) => BlindIndex.open(keys, SSIN_INDEX),
    },
  ],
  exports: [Checks, InstitutionContexts, PersonLookup],
})
export class LookupModule {}
