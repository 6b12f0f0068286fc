import { Module } from '@nestjs/common';
import { PersonModule } from '../person/person.module.js';
import { DueProposals } from './due-proposals.repository.js';
import { DueProposalsJob } from './due-proposals.job.js';
import { ProposalCommands } from './proposal.commands.js';
import { Proposals } from './proposals.js';

/** Changes of numbers that take two officials. */
@Module({
  imports: [PersonModule],
  providers: [Proposals, DueProposals, ProposalCommands, DueProposalsJob],
  exports: [ProposalCommands],
})
export class ProposalModule {}
