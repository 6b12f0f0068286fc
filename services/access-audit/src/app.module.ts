import { MeshModule } from '@crossroads/service';
import { Module } from '@nestjs/common';
import { AccessListModule } from './access-list/access-list.module.js';
import { FiguresModule } from './figures/figures.module.js';
import { JournalModule } from './journal/journal.module.js';
import { ProposalModule } from './proposal/proposal.module.js';
import { service } from './service.js';

@Module({ imports: [MeshModule.forService(service), JournalModule, AccessListModule, ProposalModule, FiguresModule] })
export class AppModule {}
