import { CitizenTokensModule } from '@crossroads/sign-in';
import { Module } from '@nestjs/common';
import { ImportModule } from '../import/import.module.js';
import { PersonModule } from '../person/person.module.js';
import { ProposalModule } from '../proposal/proposal.module.js';
import { CitizenController } from './citizen.controller.js';
import { OwnPersons } from './own-persons.js';
import { PersonController } from './person.controller.js';

/** The rpcs of `crossroads.person.v1`. */
@Module({
  imports: [PersonModule, ImportModule, ProposalModule, CitizenTokensModule],
  controllers: [PersonController, CitizenController],
  providers: [OwnPersons],
})
export class PersonServiceModule {}
