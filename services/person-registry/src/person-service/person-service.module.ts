import { Module } from '@nestjs/common';
import { ImportModule } from '../import/import.module.js';
import { PersonModule } from '../person/person.module.js';
import { ProposalModule } from '../proposal/proposal.module.js';
import { PersonController } from './person.controller.js';

/** The rpcs of `crossroads.person.v1`. */
@Module({ imports: [PersonModule, ImportModule, ProposalModule], controllers: [PersonController] })
export class PersonServiceModule {}
